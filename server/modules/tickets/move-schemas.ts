import { type Static, Type } from 'typebox'
import { Id, Line, Nullable, Prose, Strict, Time } from '#platform/http/schemas'
import { CatalogueId, PendingReasonSchema, StatusSchema, Tag } from './schemas.ts'

export const TicketChange = Strict({
  title: Type.Optional(Line(300)),
  assignee_id: Type.Optional(Nullable(Id)),
  group_id: Type.Optional(Nullable(Id)),
  priority_id: Type.Optional(CatalogueId),
  category_id: Type.Optional(Nullable(CatalogueId)),
  type_id: Type.Optional(Nullable(CatalogueId)),
  tags: Type.Optional(Type.Array(Tag, { maxItems: 20, description: 'All of them, in small letters' })),
})
export const StatusBody = Strict({
  status: StatusSchema,
  reason: Type.Optional(Nullable(Prose(2_000))),
  pending_reason: Type.Optional(Nullable(PendingReasonSchema)),
  pending_until: Type.Optional(Nullable(Time)),
  solution: Type.Optional(Nullable(Prose(20_000))),
})
export const AcceptBody = Strict({
  rating: Type.Integer({ minimum: 1, maximum: 5 }),
  comment: Type.Optional(Nullable(Prose(1_000))),
})
export const ReopenBody = Strict({ comment: Line(20_000) })
/** May be left out: a request without a body comes as null. */
export const CancelBody = Nullable(Strict({ comment: Type.Optional(Nullable(Prose(2_000))) }))

export type TicketChange = Static<typeof TicketChange>
export type StatusBody = Static<typeof StatusBody>
export type AcceptBody = Static<typeof AcceptBody>
export type ReopenBody = Static<typeof ReopenBody>
export type CancelBody = Static<typeof CancelBody>
