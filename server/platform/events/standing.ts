import type { Kysely } from 'kysely'
import type { EventPublisherTable, EventReaderTable, LeaseTable, PlatformTables } from '../database/tables.ts'
import { EVENTS_LEASE } from './lease.ts'
import { findHead } from './log.ts'
import { measureOutbox } from './outbox.ts'

/** How far everything has got that has to do with events, for those who look after the server. */
export type Standing = {
  readonly head: number
  /** Committed, and without a position yet. */
  readonly backlog: { readonly backlog: number; readonly oldestAgeSeconds: number }
  readonly lease: LeaseTable | null
  readonly publishers: readonly EventPublisherTable[]
  readonly readers: readonly EventReaderTable[]
  readonly consumers: readonly { readonly name: string; readonly waiting: number; readonly parked: number }[]
}

export async function findStanding(db: Kysely<PlatformTables>, now: Date): Promise<Standing> {
  const lease = await db.selectFrom('leases').selectAll().where('name', '=', EVENTS_LEASE).executeTakeFirst()
  const known = await db.selectFrom('event_consumers').select('name').execute()
  const waiting = await countTroubled(db, 'due_at')
  const parked = await countTroubled(db, 'parked_at')
  const names = new Set([...known.map(({ name }) => name), ...waiting.keys(), ...parked.keys()])
  return {
    backlog: await measureOutbox(db, now),
    head: await findHead(db),
    lease: lease ?? null,
    publishers: await db.selectFrom('event_publishers').selectAll().orderBy('carrier').execute(),
    readers: await db.selectFrom('event_readers').selectAll().orderBy('name').execute(),
    consumers: [...names].toSorted().map((name) => ({
      name,
      waiting: waiting.get(name) ?? 0,
      parked: parked.get(name) ?? 0,
    })),
  }
}

async function countTroubled(
  db: Kysely<PlatformTables>,
  column: 'due_at' | 'parked_at',
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('inbox')
    .select(['consumer', (eb) => eb.fn.countAll<number>().as('count')])
    .where(column, 'is not', null)
    .groupBy('consumer')
    .execute()
  return new Map(rows.map(({ consumer, count }) => [consumer, count]))
}
