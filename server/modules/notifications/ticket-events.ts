import { type Static, type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { EventEnvelope } from '#platform/events/envelope'
import { Nullable } from '#platform/http/schemas'

/** What of a ticket matters to those who are told of it, whatever else its events say. */
const concerned = {
  ticket_id: Type.String(),
  number: Type.String({ maxLength: 20 }),
  title: Type.String(),
  assignee_id: Nullable(Type.String()),
}
const parties = { customer_id: Type.String(), watcher_ids: Type.Array(Type.String()) }
const TicketFacts = Type.Object({
  ...concerned,
  ...parties,
  status: Type.String(),
  pending_reason: Nullable(Type.String()),
  solution: Nullable(Type.String()),
  first_responded_at: Nullable(Type.String()),
  updated_at: Type.String(),
  previous_status: Type.Optional(Type.String()),
  /** Only where it has changed. */
  previous_assignee_id: Type.Optional(Nullable(Type.String())),
})
const ReplyFacts = Type.Object({
  ...concerned,
  ...parties,
  kind: Type.String(),
  text: Type.String(),
  author_id: Nullable(Type.String()),
  author_name: Type.String(),
})
const ClockFacts = Type.Object({ ...concerned, clock: Type.String(), due_at: Nullable(Type.String()) })

export type TicketFacts = Static<typeof TicketFacts>
export type ReplyFacts = Static<typeof ReplyFacts>
export type ClockFacts = Static<typeof ClockFacts>

export type TicketEvent =
  | { readonly type: 'ticket.created' | 'ticket.updated' | 'ticket.merged'; readonly ticket: TicketFacts }
  | { readonly type: 'ticket.status_changed'; readonly ticket: TicketFacts }
  | { readonly type: 'ticket.replied'; readonly ticket: ReplyFacts }
  | { readonly type: 'ticket.sla_warned'; readonly ticket: ClockFacts }
  | { readonly type: 'ticket.sla_breached'; readonly ticket: ClockFacts }

/** Notes are not among them: nobody is told of those. */
export const ticketNewsTypes = [
  'ticket.created',
  'ticket.updated',
  'ticket.status_changed',
  'ticket.merged',
  'ticket.replied',
  'ticket.sla_warned',
  'ticket.sla_breached',
] as const satisfies readonly TicketEvent['type'][]

const readers = {
  whole: reader(TicketFacts),
  reply: reader(ReplyFacts),
  clock: reader(ClockFacts),
}

/** Throws on an event that does not tell of a ticket, so that it is parked for somebody to look at. */
export function readTicketEvent(event: EventEnvelope): TicketEvent {
  const type = ticketNewsTypes.find((each) => each === event.type)
  switch (type) {
    case 'ticket.created':
    case 'ticket.updated':
    case 'ticket.status_changed':
    case 'ticket.merged':
      return { type, ticket: readers.whole(event) }
    case 'ticket.replied':
      return { type, ticket: readers.reply(event) }
    case 'ticket.sla_warned':
    case 'ticket.sla_breached':
      return { type, ticket: readers.clock(event) }
    case undefined:
      throw strange(event)
  }
}

function reader<Schema extends TSchema>(schema: Schema) {
  const facts = Compile(schema)
  return (event: EventEnvelope): Static<Schema> => {
    const { data } = event
    if (!facts.Check(data)) throw strange(event)
    return data
  }
}

function strange({ id, type }: EventEnvelope): TypeError {
  return new TypeError(`the event ${id} of type ${type} does not tell of a ticket`)
}
