import { type Static, Type } from 'typebox'
import { Id, Nullable, PageOf, Time, Version } from '#platform/http/schemas'
import { pendingReasons, syncStates, ticketStatuses } from './lifecycle.ts'

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
export type Ticket = Static<typeof Ticket>
