import { type Static, Type } from 'typebox'
import { Id, Line, Nullable, Prose, Quantity, Strict, Time } from '#platform/http/schemas'
import { Link } from './link-schemas.ts'

/** What is to be made again, or mended. */
export const ReworkOrder = Type.Object({
  product_id: Nullable(Id),
  product_name: Nullable(Type.String()),
  quantity: Type.Integer(),
  deadline: Nullable(Time),
  notes: Nullable(Type.String()),
  file_ids: Type.Array(Id, {
    description: 'Files of the messages of the ticket; whoever reads work orders may read them from then on',
  }),
})
/** One of `product_id` and `product_name` at least. */
export const ReworkBody = Strict({
  product_id: Type.Optional(Nullable(Id)),
  product_name: Type.Optional(Nullable(Line(200))),
  quantity: Quantity,
  deadline: Type.Optional(Nullable(Time)),
  notes: Type.Optional(Nullable(Prose(5_000))),
  file_ids: Type.Optional(Type.Array(Id, { maxItems: 20, uniqueItems: true })),
})
export const Rework = Type.Object({
  work_orders: Type.Array(Link),
  proposed_solution: Nullable(
    Type.String({ description: 'What a ticket is solved with that is solved without words' }),
  ),
})

export type ReworkOrder = Static<typeof ReworkOrder>
export type ReworkBody = Static<typeof ReworkBody>
export type Rework = Static<typeof Rework>
