import type { NewEvent } from '#platform/events/outbox'
import type { Ticket } from './schemas.ts'

/** What happens to a ticket; each event carries the whole of it. */
export type TicketHappening =
  | { readonly what: 'created' | 'updated' | 'rated' }
  | { readonly what: 'status_changed'; readonly previousStatus: Ticket['status'] }
  | { readonly what: 'merged'; readonly intoId: string }

export function ticketEvent(ticket: Ticket, happening: TicketHappening): NewEvent {
  return {
    type: `ticket.${happening.what}`,
    subject: `ticket/${ticket.id}`,
    recordVersion: ticket.version,
    data: { ticket_id: ticket.id, ...ticket, ...detailsOf(happening) },
  }
}

function detailsOf(happening: TicketHappening): object {
  if (happening.what === 'status_changed') return { previous_status: happening.previousStatus }
  return happening.what === 'merged' ? { into_id: happening.intoId } : {}
}
