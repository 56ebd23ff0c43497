import { type Static, Type } from 'typebox'
import {
  Count,
  Id,
  Line,
  Money,
  Nullable,
  numberedPageQuery,
  PageOf,
  Prose,
  Strict,
  Time,
  Version,
} from '#platform/http/schemas'
import { stockPolicies } from './stock-policy.ts'

export const StockPolicySchema = Type.Enum([...stockPolicies], {
  description:
    'Whether more is sold than is there: `deny` refuses, the others let the order wait for the rest, which is bought in or made',
})

export const CategoryBody = Strict({ name: Line(200) })
export const Category = Type.Object({
  id: Id,
  name: Type.String(),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const CategoryPage = PageOf(Category)
export const CategoryQuery = Strict({
  ...numberedPageQuery,
  q: Type.Optional(Type.String({ maxLength: 200 })),
})

const productFields = {
  name: Line(200),
  price: Money,
  stock: Count,
  low_stock_at: Type.Optional(
    Nullable(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000_000,
        description: 'The stock is low at this quantity and below',
      }),
    ),
  ),
  stock_policy: Type.Optional(StockPolicySchema),
  category_id: Id,
  img: Type.Optional(Nullable(Type.String({ maxLength: 2_000 }))),
  description: Type.Optional(Nullable(Prose(10_000))),
  sku: Type.Optional(Nullable(Line(64))),
  active: Type.Optional(Type.Boolean({ description: 'Customers see and buy active products only' })),
}
export const ProductBody = Strict(productFields)
export const ProductChange = Strict(
  {
    ...productFields,
    name: Type.Optional(productFields.name),
    price: Type.Optional(Money),
    stock: Type.Optional(Count),
    category_id: Type.Optional(Id),
  },
  { minProperties: 1, description: 'Changes the fields that it names' },
)
/** A line of a product list; the category is named, and made when nobody has it yet. */
export const ProductImportRow = Strict({
  sku: Line(64),
  name: Line(200),
  category: Line(200),
  price: Money,
  stock: Count,
  description: Type.Optional(Prose(10_000)),
  img: productFields.img,
  active: Type.Optional(Type.Boolean()),
  stock_policy: Type.Optional(StockPolicySchema),
})
export const Product = Type.Object({
  id: Id,
  name: Type.String(),
  price: Money,
  stock: Type.Integer({ description: 'The same as `on_hand`' }),
  on_hand: Type.Integer({ description: 'What is there' }),
  available: Type.Integer({ description: 'What can be sold: an order takes its products off both at once' }),
  low_stock_at: Nullable(Type.Integer()),
  stock_policy: StockPolicySchema,
  category_id: Id,
  images: Type.Array(Type.Object({ id: Id, url: Type.String() })),
  img: Nullable(Type.String()),
  description: Nullable(Type.String()),
  sku: Nullable(Type.String()),
  active: Type.Boolean(),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const ProductPage = PageOf(Product)
export const productSorts = [
  'name',
  '-name',
  'price',
  '-price',
  'created_at',
  '-created_at',
  'stock',
  '-stock',
] as const
export const ProductQuery = Strict({
  ...numberedPageQuery,
  category_id: Type.Optional(Id),
  q: Type.Optional(Type.String({ maxLength: 200, description: 'In name, SKU and description' })),
  min_price: Type.Optional(Money),
  max_price: Type.Optional(Money),
  in_stock: Type.Optional(Type.Boolean()),
  stock_policy: Type.Optional(StockPolicySchema),
  active: Type.Optional(Type.Boolean({ description: 'For `products:write` only; others see active ones' })),
  sort: Type.Optional(Type.Enum([...productSorts])),
})

export type Category = Static<typeof Category>
export type CategoryBody = Static<typeof CategoryBody>
export type CategoryQuery = Static<typeof CategoryQuery>
export type Product = Static<typeof Product>
export type ProductBody = Static<typeof ProductBody>
export type ProductImportRow = Static<typeof ProductImportRow>
export type ProductChange = Static<typeof ProductChange>
export type ProductQuery = Static<typeof ProductQuery>
