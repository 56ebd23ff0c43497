import { type Static, Type } from 'typebox'
import { Id, Nullable, numberedPageQuery, PageOf, Strict, Time, Version } from '#platform/http/schemas'

/** So that what an order takes of a component stays an exact number, however large the order. */
const Share = Type.Integer({ minimum: 1, maximum: 1_000_000 })

export const BillBody = Strict({
  materials: Type.Array(
    Strict({
      product_id: Id,
      quantity: Share,
      per_quantity: Type.Optional({ ...Share, description: 'Of the product; 1 without it' }),
    }),
    { minItems: 1, maxItems: 100 },
  ),
})
export const Bill = Type.Object({
  product_id: Id,
  materials: Type.Array(
    Type.Object({
      product_id: Id,
      quantity: Type.Integer({
        description: 'Taken for each `per_quantity` of the product, begun ones included',
      }),
      per_quantity: Type.Integer(),
    }),
  ),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const BillPage = PageOf(Bill)
export const BillParams = Type.Object({ product_id: Id })
export const BillQuery = Strict({
  ...numberedPageQuery,
  component_id: Type.Optional({ ...Id, description: 'What is made of it' }),
})

/** What an order takes of a component. */
export const MaterialNeed = Type.Object({
  product_id: Id,
  name: Nullable(Type.String()),
  quantity: Type.Integer(),
  per_quantity: Type.Integer(),
  needed: Type.Integer({ description: 'In all, what was scrapped so far included' }),
  consumed: Type.Integer(),
  still_needed: Type.Integer({ description: 'Nothing once the order is closed' }),
  on_hand: Type.Integer(),
  short: Type.Boolean({ description: 'More is still needed than is there' }),
})
export const MaterialNeeds = Type.Object({ work_order_id: Id, data: Type.Array(MaterialNeed) })

/** What all open orders together still take of a component. */
export const MaterialTotal = Type.Object({
  product_id: Id,
  name: Nullable(Type.String()),
  still_needed: Type.Integer(),
  on_hand: Type.Integer(),
  missing: Type.Integer({ description: 'What has to come in yet, at least 0' }),
  short: Type.Boolean(),
  work_orders: Type.Integer({ description: 'How many open orders need it' }),
})
export const MaterialTotals = Type.Object({ data: Type.Array(MaterialTotal) })
export const MaterialTotalQuery = Strict({
  short: Type.Optional(Type.Boolean({ description: 'Only those of which there is too little' })),
})

export type Bill = Static<typeof Bill>
export type BillBody = Static<typeof BillBody>
export type BillQuery = Static<typeof BillQuery>
export type MaterialNeed = Static<typeof MaterialNeed>
export type MaterialTotal = Static<typeof MaterialTotal>
export type MaterialTotalQuery = Static<typeof MaterialTotalQuery>
