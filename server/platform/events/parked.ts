import { type Kysely, type SqlBool, sql } from 'kysely'
import type { Call } from '../call.ts'
import type { Clock } from '../clock.ts'
import { isId, isTime, readCursor, writeCursor } from '../database/cursors.ts'
import type { InboxTable, PlatformTables } from '../database/tables.ts'
import { afterCommit, transaction } from '../database/transaction.ts'
import { defineErrors, invalidField } from '../errors.ts'

/** What could not be handled: parked for somebody to look at, or waiting for its next try. */

const refuse = defineErrors({
  nothing_parked: {
    kind: 'not_found',
    en: 'No consumer has parked this event.',
    id: 'Tidak ada konsumen yang menahan peristiwa ini.',
  },
})

export type InboxState = 'parked' | 'waiting'

export type TroubledRow = Pick<
  InboxTable,
  'event_id' | 'consumer' | 'attempts' | 'last_error' | 'received_at' | 'due_at' | 'parked_at' | 'event'
>
type TroubledPage = { readonly rows: readonly TroubledRow[]; readonly nextCursor: string | null }

type Question = {
  readonly state: InboxState
  readonly consumer: string | null
  readonly limit: number
  readonly cursor: string | null
}

/** The oldest first: of the parked by when they were, of the waiting by when they are due. */
export async function listTroubled(
  db: Kysely<PlatformTables>,
  { state, consumer, limit, cursor }: Question,
): Promise<TroubledPage> {
  const at = state === 'parked' ? 'parked_at' : 'due_at'
  let query = db
    .selectFrom('inbox')
    .select(['event_id', 'consumer', 'attempts', 'last_error', 'received_at', 'due_at', 'parked_at', 'event'])
    .where(at, 'is not', null)
    .orderBy(at)
    .orderBy('event_id')
    .orderBy('consumer')
    .limit(limit + 1)
  if (consumer !== null) query = query.where('consumer', '=', consumer)
  if (cursor !== null) {
    const last = placeOf(cursor)
    // The first condition lets the engine use the index on the time.
    query = query.where(at, '>=', last.at).where(
      sql<SqlBool>`(${sql.ref(at)} > ${last.at} or event_id > ${last.id}
        or (event_id = ${last.id} and consumer > ${last.consumer}))`,
    )
  }
  const found = await query.execute()
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  const hasMore = found.length > limit && last !== undefined
  return {
    rows,
    nextCursor: hasMore ? writeCursor([last[at]?.getTime(), last.event_id, last.consumer]) : null,
  }
}

const CONSUMER = /^[\x20-\x7e]{1,60}$/

function placeOf(cursor: string): { at: Date; id: string; consumer: string } {
  const [at, id, consumer] = readCursor(cursor)
  if (isTime(at) && isId(id) && typeof consumer === 'string' && CONSUMER.test(consumer))
    return { at: new Date(at), id, consumer }
  throw unknownCursor()
}

export function unknownCursor() {
  return invalidField({
    pointer: 'cursor',
    code: 'unknown_cursor',
    text: { en: 'is not a cursor of this list', id: 'bukan kursor dari daftar ini' },
  })
}

export type Replayed = { readonly replayed: number; readonly consumers: readonly string[] }

type Replay = {
  readonly eventId: string
  /** Null for all that have parked it. */
  readonly consumer: string | null
}

export type ReplayParts = {
  readonly db: Kysely<PlatformTables>
  readonly clock: Clock
  /** Called when events have begun to wait again. */
  readonly onWaiting: () => void
}

/** Has a parked event tried again, from the first try on. Refuses with `nothing_parked`. */
export async function replayParked(
  { db, clock, onWaiting }: ReplayParts,
  call: Call<Replayed>,
  { eventId, consumer }: Replay,
): Promise<Replayed> {
  return await transaction(db, call, async (trx) => {
    let query = trx
      .selectFrom('inbox')
      .select('consumer')
      .where('event_id', '=', eventId)
      .where('parked_at', 'is not', null)
    if (consumer !== null) query = query.where('consumer', '=', consumer)
    const parked = await query.orderBy('consumer').forUpdate().execute()
    if (parked.length === 0) throw refuse('nothing_parked')
    const consumers = parked.map((row) => row.consumer)
    await trx
      .updateTable('inbox')
      .set({ parked_at: null, due_at: clock.now(), attempts: 0 })
      .where('event_id', '=', eventId)
      .where('consumer', 'in', consumers)
      .execute()
    afterCommit(trx, onWaiting)
    return { replayed: consumers.length, consumers }
  })
}
