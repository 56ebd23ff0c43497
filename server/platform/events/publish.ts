import type { Kysely, Transaction } from 'kysely'
import { crashPoint } from '../crash-point.ts'
import { databaseFailure } from '../database/failure.ts'
import type { PlatformTables } from '../database/tables.ts'
import type { Carrier } from './carrier.ts'
import { toEnvelope } from './envelope.ts'
import { EVENTS_LEASE, endTerm, LeaseLostError, type LeaseToken } from './lease.ts'
import { readLog } from './log.ts'

/** With fewer at once there are no more for now. */
export const PUBLISHED_AT_ONCE = 500

type PublishParts = {
  readonly db: Kysely<PlatformTables>
  readonly token: LeaseToken
  readonly installation: string
  readonly carrier: Pick<Carrier, 'name' | 'store' | 'publish'>
}

/** Where a carrier goes on: after what its broker still has, from the beginning when the broker has lost it. */
export async function findPublished({ db, token, carrier }: PublishParts): Promise<number> {
  const store = await carrier.store()
  const known = await db
    .selectFrom('event_publishers')
    .selectAll()
    .where('carrier', '=', carrier.name)
    .executeTakeFirst()
  if (known?.store === store) return known.position
  if (known === undefined) {
    try {
      await db.insertInto('event_publishers').values({ carrier: carrier.name, store, position: 0 }).execute()
    } catch (error) {
      if (databaseFailure(error) === 'unique') throw new LeaseLostError('another process publishes')
      throw error
    }
  } else {
    await db
      .updateTable('event_publishers')
      .set({ store, position: 0 })
      .where('carrier', '=', carrier.name)
      .where((eb) => eb.exists(ownTerm(db, token)))
      .execute()
  }
  return 0
}

/** Publishes the events after a position and answers the last one's; the same position when there are none. */
export async function publishEvents(parts: PublishParts, after: number): Promise<number> {
  const { db, token, installation, carrier } = parts
  const rows = await readLog(db, { after, limit: PUBLISHED_AT_ONCE })
  const last = rows.at(-1)
  if (last === undefined) return after
  crashPoint('relay.before-publish')
  await carrier.publish(rows.map((row) => toEnvelope(row, installation)))
  crashPoint('relay.after-publish')
  const { numUpdatedRows } = await db
    .updateTable('event_publishers')
    .set({ position: last.position })
    .where('carrier', '=', carrier.name)
    .where('position', '=', after)
    .where((eb) => eb.exists(ownTerm(db, token)))
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw new LeaseLostError('another process publishes')
  crashPoint('relay.after-published')
  return last.position
}

/**
 * Has the next term publish the whole log once more: for a service that is younger than what the broker still keeps.
 * The others know the events by their ids. Answers false where nothing was ever published to it.
 */
export async function publishAgain(
  trx: Transaction<PlatformTables>,
  { carrier, now }: { readonly carrier: string; readonly now: Date },
): Promise<boolean> {
  await endTerm(trx, now)
  const { numUpdatedRows } = await trx
    .updateTable('event_publishers')
    .set({ position: 0 })
    .where('carrier', '=', carrier)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

function ownTerm(db: Kysely<PlatformTables>, token: LeaseToken) {
  return db.selectFrom('leases').select('token').where('name', '=', EVENTS_LEASE).where('token', '=', token)
}
