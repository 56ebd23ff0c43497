import { Type } from 'typebox'
import { Id, Nullable, Time } from '#platform/http/schemas'

const Entry = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  parent_id: Nullable(Type.Integer()),
})

export const TicketCatalogues = Type.Object({
  source: Type.Enum(['invgate', 'own'], {
    description: '`own` without InvGate, and while it cannot be asked',
  }),
  statuses: Type.Array(Entry),
  priorities: Type.Array(Entry),
  types: Type.Array(Entry),
  sources: Type.Array(Entry),
  categories: Type.Array(Entry),
})

export const TicketSync = Type.Object({
  enabled: Type.Boolean(),
  mode: Nullable(Type.Enum(['sync', 'deferred'])),
  backlog: Type.Object({
    pending: Type.Integer(),
    uncertain: Type.Integer({ description: 'Nobody knows yet whether they have arrived' }),
    failed: Type.Integer({ description: 'They wait for somebody to retry them' }),
    oldest_at: Nullable(Time),
  }),
  watched: Type.Integer({ description: 'Tickets that InvGate is asked about, in rounds' }),
  last_poll_at: Nullable(Time),
  last_contact_at: Nullable(Time),
  last_failure_at: Nullable(Time),
  last_failure: Nullable(Type.String()),
  breaker: Type.Enum(['closed', 'resting'], { description: 'As the instance has it that answers' }),
  troubles: Type.Array(
    Type.Object({
      ticket_id: Id,
      number: Type.String(),
      kind: Type.String(),
      state: Type.String(),
      attempts: Type.Integer(),
      last_error: Nullable(Type.String()),
      updated_at: Time,
    }),
    { description: 'The latest deliveries that did not succeed at once and are not done' },
  ),
})
