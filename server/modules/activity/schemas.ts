import { type Static, Type } from 'typebox'
import { Id, Nullable, PageOf, pageQuery, Strict, Time } from '#platform/http/schemas'

export const Change = Type.Object({
  field: Type.String(),
  before: Type.Unknown({ description: 'Null when the field was not known before' }),
  after: Type.Unknown(),
})
export type Change = Static<typeof Change>

export const ActivityEntry = Type.Object({
  id: Id,
  type: Type.String({ description: 'What happened, as in `order_paid`' }),
  subject: Type.String({ description: 'The record, as in `order/018f…`' }),
  record_version: Type.Integer(),
  actor: Nullable(
    Type.Object(
      { id: Id, name: Nullable(Type.String({ description: 'Null for somebody who is not known here' })) },
      { description: 'Who did it; null for the program itself' },
    ),
  ),
  occurred_at: Time,
  changes: Type.Array(Change, { description: 'The fields of the record that are different since' }),
  data: Type.Record(Type.String(), Type.Unknown(), { description: 'What the event told' }),
})
export type ActivityEntry = Static<typeof ActivityEntry>

export const ActivityPage = PageOf(ActivityEntry)

const filters = {
  ...pageQuery,
  subject: Type.Optional(Type.String({ maxLength: 200, description: 'One record, as in `order/018f…`' })),
  type: Type.Optional(
    Type.String({ maxLength: 100, description: 'One type, or all that begin so: `order_*`' }),
  ),
  actor_id: Type.Optional(Id),
}
export const ActivityQuery = Strict(filters)
export type ActivityQuery = Static<typeof ActivityQuery>
