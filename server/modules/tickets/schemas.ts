import { type Static, Type } from 'typebox'
import { Id, Line, Nullable, PageOf, pageQuery, Strict, Time, Version, VISIBLE } from '#platform/http/schemas'
import { pendingReasons, syncStates, ticketStatuses } from './lifecycle.ts'
import { ticketSorts } from './list-queries.ts'

export const StatusSchema = Type.Enum([...ticketStatuses])
export const PendingReasonSchema = Type.Enum([...pendingReasons])
/** An id of InvGate's catalogues. */
export const CatalogueId = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })

export const Sync = Type.Object({
  state: Type.Enum([...syncStates], {
    description: '`local` without InvGate; `uncertain` while nobody knows whether it has arrived',
  }),
  attempts: Type.Integer(),
  last_error: Nullable(Type.String()),
})

/** A ticket as everybody sees it who may see it at all (D1). */
export const Ticket = Type.Object({
  id: Id,
  number: Type.String(),
  inv_gate_id: Nullable(Type.String()),
  title: Type.String(),
  description: Type.String(),
  source_id: Nullable(Type.Integer()),
  creator_id: Id,
  customer_id: Id,
  category_id: Nullable(Type.Integer()),
  type_id: Nullable(Type.Integer()),
  priority_id: Type.Integer(),
  status: StatusSchema,
  pending_reason: Nullable(PendingReasonSchema),
  pending_until: Nullable(Time),
  creator_email: Type.String(),
  assignee_id: Nullable(Id),
  group_id: Nullable(Id),
  tags: Type.Array(Type.String()),
  watcher_ids: Type.Array(Id),
  solution: Nullable(Type.String()),
  merged_into_id: Nullable(Id),
  rating: Nullable(Type.Integer()),
  rating_comment: Nullable(Type.String()),
  first_responded_at: Nullable(Time),
  solved_at: Nullable(Time),
  closed_at: Nullable(Time),
  sync: Sync,
  version: Version,
  created_at: Time,
  updated_at: Time,
})
/** With `page_key` at the top, for clients that read the list as InvGate's (D2). */
export const TicketPage = Type.Object({
  ...PageOf(Ticket).properties,
  page_key: Nullable(Type.String()),
})

/** A ticket is named by our id, our number or InvGate's id; what cannot be any of them is not there. */
export const TicketParams = Type.Object({
  id: Type.String({
    pattern: '^[\\x21-\\x7e]{1,60}$',
    description: 'Our id, our number as in `TCK-000042`, or the id at InvGate',
  }),
})

/** Clients whose language has no absent number send 0. */
const OptionalCatalogueId = Type.Optional(
  Nullable(Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: 'As in InvGate; 0 for none' })),
)
const Party = Type.Optional(
  Nullable(
    Type.Union(
      [
        Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: 'The id at InvGate' }),
        Type.String({ minLength: 1, maxLength: 254, description: 'Our id, or an e-mail address' }),
      ],
      { description: 'Counts for `tickets:write_any` only' },
    ),
  ),
)
export const Tag = Line(60)

export const TicketBody = Strict({
  title: Line(300),
  description: Type.String({ minLength: 1, maxLength: 50_000, pattern: VISIBLE }),
  source_id: OptionalCatalogueId,
  category_id: OptionalCatalogueId,
  type_id: OptionalCatalogueId,
  priority_id: OptionalCatalogueId,
  creator_id: Party,
  customer_id: Party,
})
export const TicketQuery = Strict({
  ...pageQuery,
  page_key: Type.Optional(Type.String({ maxLength: 1_000, description: 'The same as `cursor`' })),
  creator_id: Type.Optional(Line(254, "The creator's e-mail address or id")),
  customer_id: Type.Optional(Id),
  status: Type.Optional(StatusSchema),
  priority_id: Type.Optional(CatalogueId),
  assignee: Type.Optional(
    Type.String({
      pattern: '^(?:me|none|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$',
      description: '`me`, `none` or the id of somebody',
    }),
  ),
  group_id: Type.Optional(Id),
  tag: Type.Optional(Tag),
  q: Type.Optional(Type.String({ maxLength: 200, description: 'In number, title, description and creator' })),
  sort: Type.Optional(Type.Enum([...ticketSorts])),
})

export type Ticket = Static<typeof Ticket>
export type TicketBody = Static<typeof TicketBody>
export type TicketQuery = Static<typeof TicketQuery>
