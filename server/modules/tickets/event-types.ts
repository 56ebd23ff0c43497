import { Type } from 'typebox'
import { type Audience, defineEventTypes } from '#platform/events/event-types'
import { Id, Nullable } from '#platform/http/schemas'
import { groupEventTypes } from './group-events.ts'
import { Link } from './link-schemas.ts'
import { messageEventTypes } from './message-events.ts'
import { ReworkOrder } from './rework-schemas.ts'
import { StatusSchema, type Ticket } from './schemas.ts'
import { slaEventTypes } from './sla-event-types.ts'
import { ToldTicket } from './sla-schemas.ts'

const whole = ToldTicket.properties
/** There only where the ticket was given to somebody else. */
const assignment = { previous_assignee_id: Type.Optional(Nullable(Id)) }

/** The shape of what the tickets announce, and whom it concerns. */
export const ticketEventTypes = [
  ...slaEventTypes,
  ...messageEventTypes,
  ...groupEventTypes,
  ...defineEventTypes({
    types: ['ticket.created', 'ticket.updated', 'ticket.rated'],
    data: Type.Object({ ...whole, ...assignment }),
    audience: partiesAndDesk,
  }),
  ...defineEventTypes({
    types: ['ticket.status_changed'],
    data: Type.Object({ ...whole, ...assignment, previous_status: StatusSchema }),
    audience: partiesAndDesk,
  }),
  ...defineEventTypes({
    types: ['ticket.merged'],
    data: Type.Object({ ...whole, into_id: Id }),
    audience: partiesAndDesk,
  }),
  ...defineEventTypes({
    types: ['ticket.linked', 'ticket.unlinked'],
    data: Type.Object({ ...whole, link: Type.Pick(Link, ['id', 'kind', 'record_id', 'relation']) }),
    audience: partiesAndDesk,
  }),
  ...defineEventTypes({
    types: ['ticket.rework_requested'],
    data: Type.Object({ ...whole, rework: ReworkOrder }),
    // What the desk tells those who make things.
    audience: () => ({ permission: 'tickets:read_any' }),
  }),
]

/** Those who may read the ticket. */
export function partiesAndDesk(ticket: Pick<Ticket, 'creator_id' | 'customer_id' | 'watcher_ids'>): Audience {
  return {
    permission: 'tickets:read_any',
    userIds: [ticket.creator_id, ticket.customer_id, ...ticket.watcher_ids],
  }
}
