import { type Static, Type } from 'typebox'
import { BusinessDay, Id, Nullable, Strict } from '#platform/http/schemas'

export const salesGroups = ['day', 'product', 'category'] as const
export type SalesGroup = (typeof salesGroups)[number]

export const SalesQuery = Strict({
  from: Type.Optional(BusinessDay),
  to: Type.Optional(BusinessDay),
  by: Type.Optional(Type.Enum([...salesGroups])),
})

const figures = {
  orders: Type.Integer(),
  quantity: Type.Integer(),
  revenue: Type.Integer({
    description: 'Prices of the goods as they were sold, without tax on top and shipping',
  }),
}
export const SalesRow = Type.Object({
  day: Type.Optional(Type.String({ format: 'date' })),
  product_id: Type.Optional(Id),
  sku: Type.Optional(Nullable(Type.String())),
  category_id: Type.Optional(Id),
  name: Type.Optional(Type.String()),
  ...figures,
})
export const SalesReport = Type.Object({
  from: Type.String({ format: 'date' }),
  to: Type.String({ format: 'date' }),
  zone: Type.String(),
  by: Type.Enum([...salesGroups]),
  data: Type.Array(SalesRow),
  totals: Type.Object(figures),
})

export type SalesQuery = Static<typeof SalesQuery>
export type SalesRow = Static<typeof SalesRow>
export type SalesReport = Static<typeof SalesReport>
