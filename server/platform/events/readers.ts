import type { Kysely } from 'kysely'
import { type Call, systemCall } from '../call.ts'
import type { Clock } from '../clock.ts'
import type { PlatformTables } from '../database/tables.ts'
import { transaction } from '../database/transaction.ts'
import { type DeliveryParts, deliverEvents } from './deliver.ts'
import { toEnvelope } from './envelope.ts'
import { type LeaseToken, requireLease } from './lease.ts'
import { findHead, readLog } from './log.ts'

/** The reader of this database's own log; brokers have readers of their own names. */
export const OWN_LOG = 'log'
/** How far the own log has been read for consumers that are new, until that is done. */
const CATCHING_UP = 'log.catching-up'

/** With fewer at once there are no more for now. */
export const READ_AT_ONCE = 200

type ReaderParts = {
  readonly db: Kysely<PlatformTables>
  readonly clock: Clock
  readonly token: LeaseToken
  readonly readers: readonly string[]
  readonly consumers: readonly { readonly name: string }[]
}

const call: Call<unknown> = systemCall

/**
 * Sees to it that every reader has its row, and has all of them begin anew when there is a consumer that was not here
 * in the term before: the inbox keeps the others from having an effect twice. One that is away (switched off, or not
 * known to an older program) is forgotten, for what is read meanwhile it will not have seen.
 */
export async function prepareReaders({ db, clock, token, readers, consumers }: ReaderParts): Promise<void> {
  await transaction(db, call, async (trx) => {
    await requireLease(trx, token)
    const rows = await trx.selectFrom('event_readers').select('name').execute()
    const missing = [...readers, CATCHING_UP].filter((name) => !rows.some((row) => row.name === name))
    if (missing.length > 0) {
      await trx
        .insertInto('event_readers')
        .values(missing.map((name) => ({ name, cursor: null })))
        .execute()
    }
    const known = await trx.selectFrom('event_consumers').select('name').execute()
    const absent = known
      .map(({ name }) => name)
      .filter((name) => !consumers.some((each) => each.name === name))
    if (absent.length > 0) await trx.deleteFrom('event_consumers').where('name', 'in', absent).execute()
    const added = consumers.filter(({ name }) => !known.some((row) => row.name === name))
    if (added.length === 0) return
    const now = clock.now()
    await trx
      .insertInto('event_consumers')
      .values(added.map(({ name }) => ({ name, created_at: now })))
      .execute()
    await trx.updateTable('event_readers').set({ cursor: null }).execute()
  })
}

export async function findCursor(db: Kysely<PlatformTables>, reader: string): Promise<string | null> {
  const row = await db
    .selectFrom('event_readers')
    .select('cursor')
    .where('name', '=', reader)
    .executeTakeFirst()
  return row?.cursor ?? null
}

type LogReading = {
  readonly parts: DeliveryParts
  readonly token: LeaseToken
  readonly installation: string
  readonly reader?: string
}

/** Has what is in the log after a position take effect, as far as one batch goes; answers where it got to. */
export async function deliverFromLog(
  { parts, token, installation, reader = OWN_LOG }: LogReading,
  after: number,
): Promise<number> {
  const rows = await readLog(parts.db, { after, limit: READ_AT_ONCE })
  const last = rows.at(-1)
  if (last === undefined) return after
  await deliverEvents(
    parts,
    { token, reader, cursor: String(last.position) },
    rows.map((row) => toEnvelope(row, installation)),
  )
  return last.position
}

/**
 * Where a broker brings the events, the own log is read only for consumers that are new: they may be younger than
 * what the broker still has. The log's own cursor stays empty until that is done, in however many terms.
 */
export async function catchUpFromLog(reading: LogReading, stop: AbortSignal): Promise<void> {
  const { db } = reading.parts
  if ((await findCursor(db, OWN_LOG)) !== null) return
  const head = await findHead(db)
  let position = Number((await findCursor(db, CATCHING_UP)) ?? 0)
  while (position < head) {
    if (stop.aborted) return
    position = await deliverFromLog({ ...reading, reader: CATCHING_UP }, position)
  }
  await transaction(db, call, async (trx) => {
    await requireLease(trx, reading.token)
    await trx
      .updateTable('event_readers')
      .set({ cursor: String(position) })
      .where('name', '=', OWN_LOG)
      .execute()
  })
}
