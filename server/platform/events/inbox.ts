import { type Insertable, type Kysely, sql, type Transaction } from 'kysely'
import type { InboxTable, PlatformTables } from '../database/tables.ts'
import { type EventEnvelope, installationOf } from './envelope.ts'

/** What has become of each event at each consumer, in SQL. */

/** With twelve parameters each, a tenth of what every engine takes in one statement. */
const ROWS_AT_ONCE = 200
/** So many of those that wait are looked at: the earliest, so that a queue of any length moves on. */
const WAITING_AT_ONCE = 5_000
/** A range, by which every engine finds its way through an index that `is not null` would have some of them scan. */
const EVER = new Date(0)
/** A handled event is known by its row for so long; after that the floor of its source stands for it. */
const KEPT_MS = 60 * 24 * 60 * 60 * 1_000

export type Note = Pick<InboxTable, 'attempts' | 'due_at' | 'last_error'> & {
  readonly consumer: string
  readonly event: EventEnvelope
  readonly now: Date
}

/** A row for an event whose effect is in the same transaction. */
export function handledRow(consumer: string, event: EventEnvelope, now: Date): Insertable<InboxTable> {
  return {
    ...firstColumns(consumer, event, now),
    handled_at: now,
    attempts: 1,
    due_at: null,
    last_error: null,
    event: null,
  }
}

/** A row for an event that has to wait: for its next try, or behind an earlier event of its subject. */
export function waitingRow({ consumer, event, now, ...state }: Note): Insertable<InboxTable> {
  return {
    ...firstColumns(consumer, event, now),
    handled_at: null,
    ...state,
    event: JSON.stringify(event),
  }
}

function firstColumns(consumer: string, event: EventEnvelope, now: Date) {
  return {
    consumer,
    event_id: event.id,
    subject: event.subject,
    source: installationOf(event).slice(0, 60),
    position: event.position,
    received_at: now,
    parked_at: null,
  }
}

export async function insertInbox(
  trx: Transaction<PlatformTables>,
  rows: readonly Insertable<InboxTable>[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    await trx
      .insertInto('inbox')
      .values(rows.slice(start, start + ROWS_AT_ONCE))
      .execute()
  }
}

type Question = {
  readonly consumers: readonly string[]
  readonly events: readonly EventEnvelope[]
  readonly now: Date
}

/** What of these events is known already, and which of their subjects wait: as `consumer event` and `consumer subject`. */
export async function findKnown(
  trx: Transaction<PlatformTables>,
  { consumers, events, now }: Question,
): Promise<{ readonly seen: ReadonlySet<string>; readonly waiting: ReadonlySet<string> }> {
  const rows = await trx
    .selectFrom('inbox')
    .select(['consumer', 'event_id', 'subject', 'due_at'])
    .where('consumer', 'in', consumers)
    .where(
      'event_id',
      'in',
      events.map(({ id }) => id),
    )
    // Without `all` SQLite would merge the two in order, and read all that was ever handled for that.
    .unionAll(
      selectWaiting(trx, consumers)
        .select(['consumer', 'event_id', 'subject', 'due_at'])
        .where(
          'subject',
          'in',
          events.map(({ subject }) => subject),
        ),
    )
    .execute()
  const seen = new Set(rows.map((row) => `${row.consumer} ${row.event_id}`))
  const waiting = rows.filter((row) => row.due_at !== null)
  const old = events.filter(({ time }) => Date.parse(time) < now.getTime() - KEPT_MS / 2)
  if (old.length > 0) {
    for (const floor of await trx.selectFrom('inbox_floors').selectAll().execute()) {
      for (const event of old) {
        if (installationOf(event) === floor.source && event.position <= floor.position)
          seen.add(`${floor.consumer} ${event.id}`)
      }
    }
  }
  return { seen, waiting: new Set(waiting.map((row) => `${row.consumer} ${row.subject}`)) }
}

/** What waits, in the order of its positions. */
export async function listWaiting(
  db: Kysely<PlatformTables>,
  consumers: readonly string[],
): Promise<Pick<InboxTable, 'consumer' | 'event_id' | 'subject' | 'due_at'>[]> {
  return await selectWaiting(db, consumers)
    .select(['consumer', 'event_id', 'subject', 'due_at'])
    .orderBy('position')
    .limit(WAITING_AT_ONCE)
    .execute()
}

/** What waits for these consumers. Their column is wrapped up, or an engine might read all that it has ever handled instead of the few that wait. */
export function selectWaiting(db: Kysely<PlatformTables>, consumers: readonly string[]) {
  return db
    .selectFrom('inbox')
    .where('due_at', '>=', EVER)
    .where((eb) => eb(eb.fn.coalesce('consumer', sql.lit('')), 'in', consumers))
}

/** How many events wait for another try, and how many were parked. */
export async function measureInbox(
  db: Kysely<PlatformTables>,
): Promise<{ readonly waiting: number; readonly parked: number }> {
  const count = async (column: 'due_at' | 'parked_at'): Promise<number> => {
    const row = await db
      .selectFrom('inbox')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where(column, '>=', EVER)
      .executeTakeFirstOrThrow()
    return row.count
  }
  return { waiting: await count('due_at'), parked: await count('parked_at') }
}

type Place = { readonly consumer: string; readonly eventId: string }

/** Locks a row that still waits. */
export async function lockWaiting(
  trx: Transaction<PlatformTables>,
  { consumer, eventId }: Place,
): Promise<{ attempts: number; event: string | null } | undefined> {
  return await trx
    .selectFrom('inbox')
    .select(['attempts', 'event'])
    .where('consumer', '=', consumer)
    .where('event_id', '=', eventId)
    .where('due_at', 'is not', null)
    .forUpdate()
    .executeTakeFirst()
}

export async function updateInbox(
  trx: Transaction<PlatformTables>,
  { consumer, eventId }: Place,
  change: Partial<
    Pick<InboxTable, 'handled_at' | 'attempts' | 'due_at' | 'parked_at' | 'last_error' | 'event'>
  >,
): Promise<void> {
  await trx
    .updateTable('inbox')
    .set(change)
    .where('consumer', '=', consumer)
    .where('event_id', '=', eventId)
    .execute()
}

/** Clears old rows away, and leaves a floor in their place, so that no event ever has its effect again. */
export async function clearInbox(trx: Transaction<PlatformTables>, now: Date): Promise<void> {
  const before = new Date(now.getTime() - KEPT_MS)
  const floors = await trx
    .selectFrom('inbox')
    .select(['consumer', 'source', (eb) => eb.fn.max('position').as('position')])
    .where('handled_at', '<', before)
    .groupBy(['consumer', 'source'])
    .execute()
  for (const floor of floors) {
    const { numUpdatedRows } = await trx
      .updateTable('inbox_floors')
      .set({ position: sql`case when position < ${floor.position} then ${floor.position} else position end` })
      .where('consumer', '=', floor.consumer)
      .where('source', '=', floor.source)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) await trx.insertInto('inbox_floors').values(floor).execute()
  }
  await trx.deleteFrom('inbox').where('handled_at', '<', before).execute()
}
