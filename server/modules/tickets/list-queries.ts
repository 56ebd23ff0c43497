import type { ExpressionBuilder, Kysely, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest, type Sort } from '#platform/database/pages'
import { fold, like } from '#platform/database/search'
import type { TicketStatus } from './lifecycle.ts'
import type { TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'

/** The one who sees their own tickets and those they watch only; null for somebody who sees all. */
export type Viewer = string | null

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const NUMBER = /^TCK-\d{6,}$/i

type Wanted = { readonly reference: string; readonly viewer: Viewer }

export async function findVisibleTicket(
  db: Kysely<TicketTables>,
  wanted: Wanted,
): Promise<TicketRow | undefined> {
  return await visibleTicket(db, wanted).executeTakeFirst()
}

export async function lockVisibleTicket(
  trx: Transaction<TicketTables>,
  wanted: Wanted,
): Promise<TicketRow | undefined> {
  return await visibleTicket(trx, wanted).forUpdate().executeTakeFirst()
}

function visibleTicket(db: Kysely<TicketTables>, { reference, viewer }: Wanted) {
  const all = db.selectFrom('tickets').selectAll('tickets')
  const named = viewer === null ? all : all.where((eb) => isSeenBy(eb, viewer))
  if (ID.test(reference)) return named.where('tickets.id', '=', reference)
  if (NUMBER.test(reference)) return named.where('number', '=', reference.toUpperCase())
  return named.where('invgate_id', '=', reference)
}

function isSeenBy(eb: ExpressionBuilder<TicketTables, 'tickets'>, userId: string) {
  const watched = eb.selectFrom('ticket_watchers').select('ticket_id').where('user_id', '=', userId)
  return eb.or([
    eb('creator_id', '=', userId),
    eb('customer_id', '=', userId),
    eb('tickets.id', 'in', watched),
  ])
}

/**
 * The ids of all that somebody may see. Found by three indexes and put aside by every engine, which go through all
 * tickets for three conditions of which one must hold; MySQL does so as well for a union that is not wrapped up.
 */
function seenBy(eb: ExpressionBuilder<TicketTables, 'tickets'>, userId: string) {
  return eb
    .selectFrom((inner) =>
      inner
        .selectFrom('tickets')
        .select('id')
        .where('creator_id', '=', userId)
        .union(inner.selectFrom('tickets').select('id').where('customer_id', '=', userId))
        .union(inner.selectFrom('ticket_watchers').select('ticket_id as id').where('user_id', '=', userId))
        .as('seen'),
    )
    .select('seen.id')
}

export type TicketFilter = {
  /** An id of ours, or an e-mail address in any case of letters. */
  readonly creator: string | undefined
  readonly customerId: string | undefined
  readonly status: TicketStatus | undefined
  readonly priorityId: number | undefined
  /** Null for those that are nobody's. */
  readonly assigneeId: string | null | undefined
  readonly groupId: string | undefined
  readonly tag: string | undefined
  readonly q: string | undefined
}

const SORTS = {
  created_at: { column: 'created_at', holds: 'time', descending: false },
  '-created_at': { column: 'created_at', holds: 'time', descending: true },
  updated_at: { column: 'updated_at', holds: 'time', descending: false },
  '-updated_at': { column: 'updated_at', holds: 'time', descending: true },
  priority: { column: 'priority_id', holds: 'number', descending: false },
  '-priority': { column: 'priority_id', holds: 'number', descending: true },
} as const
export type TicketSort = keyof typeof SORTS
export const ticketSorts = [
  'created_at',
  '-created_at',
  'updated_at',
  '-updated_at',
  'priority',
  '-priority',
] as const satisfies readonly TicketSort[]

type List = {
  readonly viewer: Viewer
  readonly filter: TicketFilter
  readonly sort: TicketSort
  readonly request: Omit<PageRequest, 'page'>
}

export async function listTickets(
  db: Kysely<TicketTables>,
  { viewer, filter, sort, request }: List,
): Promise<Page<TicketRow>> {
  const { column, holds, descending } = SORTS[sort]
  const found = filtered(db, viewer, filter)
  const order: Sort = { column: `tickets.${column}`, holds, descending }
  return await listPage({
    query: found.selectAll('tickets'),
    sort: order,
    sortValueOf: (row) => row[column],
    request,
  })
}

function filtered(db: Kysely<TicketTables>, viewer: Viewer, filter: TicketFilter) {
  const { creator, customerId, status, priorityId, assigneeId, groupId, tag, q } = filter
  let found = db.selectFrom('tickets')
  if (viewer !== null) found = found.where('tickets.id', 'in', (eb) => seenBy(eb, viewer))
  if (creator !== undefined)
    found = ID.test(creator)
      ? found.where('creator_id', '=', creator)
      : found.where('creator_email_key', '=', fold(creator, 254))
  if (customerId !== undefined) found = found.where('customer_id', '=', customerId)
  if (status !== undefined) found = found.where('status', '=', status)
  if (priorityId !== undefined) found = found.where('priority_id', '=', priorityId)
  if (assigneeId === null) found = found.where('assignee_id', 'is', null)
  else if (assigneeId !== undefined) found = found.where('assignee_id', '=', assigneeId)
  if (groupId !== undefined) found = found.where('group_id', '=', groupId)
  if (q !== undefined) found = found.where(like('tickets.search_text', q))
  if (tag !== undefined)
    found = found.where('tickets.id', 'in', (eb) =>
      eb.selectFrom('ticket_tags').select('ticket_id').where('tag', '=', tag),
    )
  return found
}
