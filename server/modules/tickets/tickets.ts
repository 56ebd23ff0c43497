import type { Kysely } from 'kysely'
import { actorOf, type Call } from '#platform/call'
import { fold } from '#platform/database/search'
import { invalidField } from '#platform/errors'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { getTicketRow, viewerOf } from './access.ts'
import { listTickets, type TicketFilter } from './list-queries.ts'
import type { TicketParts } from './parts.ts'
import { listTags, listWatchers, type TicketRow } from './queries.ts'
import type { Ticket, TicketQuery } from './schemas.ts'
import type { TicketTables } from './table.ts'
import { toTicket } from './views.ts'

export type Tickets = ReturnType<typeof createTickets>

/** Reading tickets: everybody their own and those they watch, the desk all of them. */
export function createTickets({ db }: Pick<TicketParts, 'db'>) {
  return {
    async listTickets(call: Call, query: TicketQuery) {
      const page = await listTickets(db, {
        viewer: viewerOf(call),
        filter: filterOf(call, query),
        sort: query.sort ?? '-created_at',
        request: { ...toPageRequest(query), cursor: cursorOf(query) },
      })
      const views = await toTickets(db, page.rows)
      return { ...presentPage({ ...page, rows: views }, (ticket) => ticket), page_key: page.nextCursor }
    },

    async getTicket(call: Call, reference: string): Promise<Ticket> {
      const row = await getTicketRow(db, call, reference)
      const [view] = await toTickets(db, [row])
      return view ?? toTicket(row, { tags: [], watcherIds: [] })
    },
  }
}

async function toTickets(db: Kysely<TicketTables>, rows: readonly TicketRow[]): Promise<Ticket[]> {
  const ids = rows.map(({ id }) => id)
  const [tags, watchers] = await Promise.all([listTags(db, ids), listWatchers(db, ids)])
  return rows.map((row) =>
    toTicket(row, { tags: tags.get(row.id) ?? [], watcherIds: watchers.get(row.id) ?? [] }),
  )
}

function filterOf(call: Call, query: TicketQuery): TicketFilter {
  return {
    creator: query.creator_id,
    customerId: query.customer_id,
    status: query.status,
    priorityId: query.priority_id,
    assigneeId: assigneeOf(call, query.assignee),
    groupId: query.group_id,
    tag: query.tag === undefined ? undefined : fold(query.tag, 60),
    q: query.q,
  }
}

function assigneeOf(call: Call, assignee: string | undefined): string | null | undefined {
  if (assignee === 'me') return actorOf(call).userId
  return assignee === 'none' ? null : assignee
}

/** InvGate's word for a cursor is understood as well (D2); an empty one asks for the beginning. */
function cursorOf({ cursor, page_key: pageKey }: TicketQuery): string | undefined {
  if (pageKey === undefined || pageKey === '') return cursor
  if (cursor === undefined || cursor === pageKey) return pageKey
  throw invalidField({
    pointer: 'page_key',
    code: 'invalid',
    text: { en: 'cannot be given beside cursor', id: 'tidak dapat diisi bersama cursor' },
  })
}
