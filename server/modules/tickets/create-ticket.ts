import type { Transaction } from 'kysely'
import { actorOf, type Call } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { API_SOURCE, MEDIUM_PRIORITY, requireKnownIds, WEB_SOURCE } from './catalogues.ts'
import type { SyncState } from './lifecycle.ts'
import { type NewTicket, openTicket } from './open-ticket.ts'
import { partiesOf } from './parties.ts'
import type { TicketParts } from './parts.ts'
import type { Ticket, TicketBody } from './schemas.ts'
import type { TicketTables } from './table.ts'

/** What a new ticket has to do with InvGate. */
export type Opening = {
  /** In which it begins. */
  readonly syncState: SyncState
  /** Rows that go with it, in its transaction. */
  readonly afterOpen: (
    trx: Transaction<TicketTables>,
    opened: { readonly call: Call; readonly ticket: Ticket },
  ) => Promise<void>
}

/** Tickets that nobody but us knows of. */
export const localOpening: Opening = { syncState: 'local', afterOpen: async () => {} }

export type CreateTicket = (call: Call<Ticket>, body: TicketBody) => Promise<Ticket>

/** Takes a ticket from anybody who may open one (D1). */
export function createCreateTicket(parts: TicketParts, opening: Opening = localOpening): CreateTicket {
  const { db } = parts
  return async function createTicket(call, body) {
    const ticket: NewTicket = {
      ...detailsOf(call, body),
      ...(await partiesOf(db, call, body)),
      syncState: opening.syncState,
    }
    return await transaction(db, call, async (trx) => {
      const opened = await openTicket(parts, trx, { call, ticket })
      await opening.afterOpen(trx, { call, ticket: opened })
      return opened
    })
  }
}

function detailsOf(call: Call, body: TicketBody) {
  const ids = {
    // Machines come with a token of their own, people with a session.
    source_id: given(body.source_id) ?? (actorOf(call).sessionId === null ? API_SOURCE : WEB_SOURCE),
    type_id: given(body.type_id),
    priority_id: given(body.priority_id) ?? MEDIUM_PRIORITY,
  }
  requireKnownIds(ids)
  return {
    title: body.title.trim(),
    description: body.description.trim(),
    sourceId: ids.source_id,
    categoryId: given(body.category_id),
    typeId: ids.type_id,
    priorityId: ids.priority_id,
  }
}

/** Clients whose language has no absent number send 0. */
function given(id: number | null | undefined): number | null {
  return id === undefined || id === 0 ? null : id
}
