import type { Kysely, Transaction } from 'kysely'
import { rowCount } from '#platform/database/pages'
import type { DeliveryRow } from './deliver-queries.ts'
import type { TicketTables } from './table.ts'

const DAY_MS = 86_400_000
/** Where an end may still be undone, and a last word follow. */
const ENDED_MS = 7 * DAY_MS
/** A solution waits for InvGate to close it, which it does in its own time. */
const SOLVED_MS = 30 * DAY_MS

/** A ticket whose incident may have changed, as far as we know of it. */
export type WatchedTicket = Awaited<ReturnType<typeof listWatched>>[number]

type Watching = { readonly db: Kysely<TicketTables>; readonly now: Date }

/** Tickets that InvGate has and that are not at rest; a merged one has its life elsewhere. */
function watched({ db, now }: Watching) {
  return db
    .selectFrom('tickets')
    .where('invgate_id', 'is not', null)
    .where('merged_into_id', 'is', null)
    .where((eb) =>
      eb.or([
        eb('status', 'in', ['new', 'open', 'pending']),
        eb('updated_at', '>=', new Date(now.getTime() - ENDED_MS)),
        eb.and([eb('status', '=', 'solved'), eb('updated_at', '>=', new Date(now.getTime() - SOLVED_MS))]),
      ]),
    )
}

type Stretch = Watching & {
  /** The ticket after which to go on; null for the first ones. */
  readonly after: string | null
  readonly limit: number
}

/** The next of the watched tickets, in the order of their ids. */
export async function listWatched({ after, limit, ...watching }: Stretch) {
  const all = watched(watching).select([
    'id',
    'number',
    'invgate_id',
    'invgate_status',
    'invgate_updated_at',
    'invgate_seen_at',
    'invgate_read_at',
    'status',
    'rating',
  ])
  const rest = after === null ? all : all.where('id', '>', after)
  return await rest.orderBy('id').limit(limit).execute()
}

export async function countWatched(watching: Watching): Promise<number> {
  return (await watched(watching).select(rowCount).executeTakeFirstOrThrow()).count
}

/** What InvGate was and is to be told of the moves of a ticket. */
export async function listMoves(
  trx: Transaction<TicketTables>,
  ticketId: string,
): Promise<readonly Pick<DeliveryRow, 'state' | 'payload'>[]> {
  return await trx
    .selectFrom('invgate_deliveries')
    .select(['state', 'payload'])
    .where('ticket_id', '=', ticketId)
    .where('kind', '=', 'status')
    .execute()
}

/** When InvGate had told that it has made an incident of a ticket; null where nobody remembers. */
export async function findMadeAt(trx: Transaction<TicketTables>, ticketId: string): Promise<Date | null> {
  const row = await trx
    .selectFrom('invgate_deliveries')
    .select('done_at')
    .where('ticket_id', '=', ticketId)
    .where('kind', '=', 'create')
    .executeTakeFirst()
  return row?.done_at ?? null
}

/** The messages of a ticket that come from InvGate or may be there. */
export async function listSaid(trx: Transaction<TicketTables>, ticketId: string) {
  return await trx
    .selectFrom('ticket_messages')
    .select(['id', 'kind', 'text', 'author_id', 'invgate_key', 'created_at'])
    .where('ticket_id', '=', ticketId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

export async function nameMessage(
  trx: Transaction<TicketTables>,
  id: string,
  { commentId, key }: { readonly commentId: string; readonly key: string },
): Promise<void> {
  await trx
    .updateTable('ticket_messages')
    .set({ invgate_id: commentId, invgate_key: key })
    .where('id', '=', id)
    .where('invgate_key', 'is', null)
    .execute()
}

/** Who of us has which account at InvGate, of these accounts and these users. */
export async function listAccounts(
  trx: Transaction<TicketTables>,
  { accounts, userIds }: { readonly accounts: readonly number[]; readonly userIds: readonly string[] },
): Promise<readonly { readonly userId: string; readonly account: number }[]> {
  if (accounts.length === 0 && userIds.length === 0) return []
  const rows = await trx
    .selectFrom('invgate_users')
    .select(['user_id', 'invgate_id'])
    .where((eb) =>
      eb.or([
        ...(accounts.length === 0 ? [] : [eb('invgate_id', 'in', accounts)]),
        ...(userIds.length === 0 ? [] : [eb('user_id', 'in', userIds)]),
      ]),
    )
    .orderBy('user_id')
    .execute()
  return rows.flatMap(({ user_id: userId, invgate_id: account }) =>
    account === null ? [] : [{ userId, account }],
  )
}

/** When the solution before this one was given, if it was none. */
export async function findFailedSolution(
  trx: Transaction<TicketTables>,
  ticketId: string,
): Promise<Date | null> {
  const row = await trx
    .selectFrom('ticket_spans')
    .select('started_at')
    .where('ticket_id', '=', ticketId)
    .where('status', '=', 'solved')
    .where('ended_at', 'is not', null)
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.started_at ?? null
}

/** The last solution that was said later than `since`. */
export async function findSolutionSince(
  trx: Transaction<TicketTables>,
  { ticketId, since }: { readonly ticketId: string; readonly since: Date | null },
): Promise<string | null> {
  const all = trx
    .selectFrom('ticket_messages')
    .select('text')
    .where('ticket_id', '=', ticketId)
    .where('kind', '=', 'solution')
  const row = await (since === null ? all : all.where('created_at', '>', since))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.text ?? null
}

/** Since when the ticket is in the state that it is in. */
export async function findStateBegin(trx: Transaction<TicketTables>, ticketId: string): Promise<Date | null> {
  const row = await trx
    .selectFrom('ticket_spans')
    .select('started_at')
    .where('ticket_id', '=', ticketId)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return row?.started_at ?? null
}

const LAST_POLL = 'last_poll_at'

export async function findLastPoll(db: Kysely<TicketTables>): Promise<Date | null> {
  const row = await db
    .selectFrom('invgate_state')
    .select('updated_at')
    .where('name', '=', LAST_POLL)
    .executeTakeFirst()
  return row?.updated_at ?? null
}

/** Within the completion of the one timer there is, whose row is locked. */
export async function keepLastPoll(trx: Transaction<TicketTables>, now: Date): Promise<void> {
  const known = await findLastPoll(trx)
  if (known === null)
    await trx.insertInto('invgate_state').values({ name: LAST_POLL, value: null, updated_at: now }).execute()
  else await trx.updateTable('invgate_state').set({ updated_at: now }).where('name', '=', LAST_POLL).execute()
}
