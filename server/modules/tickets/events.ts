import type { NewEvent } from '#platform/events/outbox'
import type { Link } from './link-schemas.ts'
import type { TicketRow } from './queries.ts'
import type { ReworkOrder } from './rework-schemas.ts'
import type { Ticket } from './schemas.ts'
import type { Deadlines } from './sla-schemas.ts'

/** What happens to a ticket; each event carries the whole of it. */
export type TicketHappening =
  | { readonly what: 'created' | 'updated' | 'rated' }
  | { readonly what: 'status_changed'; readonly previousStatus: Ticket['status'] }
  | { readonly what: 'merged'; readonly intoId: string }
  | { readonly what: 'linked' | 'unlinked'; readonly link: Link }
  | { readonly what: 'rework_requested'; readonly rework: ReworkOrder }

type Happened = {
  readonly happening: TicketHappening
  /** As they are since. */
  readonly deadlines: Deadlines
  /** Null for a new ticket. */
  readonly before: Pick<TicketRow, 'assignee_id'> | null
}

export function ticketEvent(ticket: Ticket, { happening, deadlines, before }: Happened): NewEvent {
  return {
    type: `ticket.${happening.what}`,
    subject: `ticket/${ticket.id}`,
    recordVersion: ticket.version,
    data: {
      ticket_id: ticket.id,
      ...ticket,
      ...deadlines,
      ...detailsOf(happening),
      ...assignmentOf(ticket, before),
    },
  }
}

/** Who had it before is told where somebody else has it now. */
function assignmentOf({ assignee_id: assigneeId }: Ticket, before: Happened['before']): object {
  if (before === null || before.assignee_id === assigneeId) return {}
  return { previous_assignee_id: before.assignee_id }
}

function detailsOf(happening: TicketHappening): object {
  switch (happening.what) {
    case 'status_changed':
      return { previous_status: happening.previousStatus }
    case 'merged':
      return { into_id: happening.intoId }
    case 'linked':
    case 'unlinked':
      return { link: linkOf(happening.link) }
    case 'rework_requested':
      return { rework: happening.rework }
    case 'created':
    case 'updated':
    case 'rated':
    default:
      return {}
  }
}

/** Without its label: of another ticket not all may know who hear of this one. */
function linkOf({ id, kind, record_id: recordId, relation }: Link) {
  return { id, kind, record_id: recordId, relation }
}
