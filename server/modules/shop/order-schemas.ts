import { type Static, Type } from 'typebox'
import {
  BusinessDay,
  Id,
  Line,
  Money,
  Nullable,
  numberedPageQuery,
  PageOf,
  Prose,
  Quantity,
  Strict,
  Time,
  Version,
} from '#platform/http/schemas'
import { orderStatuses } from './lifecycle.ts'

export const OrderStatusSchema = Type.Enum([...orderStatuses])

const Phone = Line(40)

export const ShippingAddressBody = Strict({
  recipient: Line(200),
  phone: Type.Optional(Nullable(Phone)),
  lines: Type.Array(Line(200), { minItems: 1, maxItems: 4, description: 'Street, building, village' }),
  city: Line(120),
  province: Type.Optional(Nullable(Line(120))),
  postal_code: Type.Optional(Nullable(Line(20))),
  country: Type.Optional(Nullable(Line(60))),
})
export const ShippingAddress = Type.Object({
  recipient: Type.String(),
  phone: Nullable(Type.String()),
  lines: Type.Array(Type.String()),
  city: Type.String(),
  province: Nullable(Type.String()),
  postal_code: Nullable(Type.String()),
  country: Nullable(Type.String()),
})

/** Both spellings of a line's fields are understood; `toWantedLines` asks for one of each. */
export const OrderBody = Strict({
  products: Type.Array(
    Strict({
      id: Type.Optional(Id),
      product_id: Type.Optional(Id),
      qty: Type.Optional(Quantity),
      quantity: Type.Optional(Quantity),
    }),
    { minItems: 1, maxItems: 100 },
  ),
  total_price: Type.Optional(Money),
  shipping_address: Type.Optional(Nullable(ShippingAddressBody)),
  phone: Type.Optional(Nullable(Phone)),
  note: Type.Optional(Nullable(Prose(1_000))),
  user_id: Type.Optional(Id),
  customer: Type.Optional(
    Strict(
      {
        name: Line(200),
        email: Type.Optional(Nullable(Type.String({ format: 'email', maxLength: 254 }))),
        phone: Type.Optional(Nullable(Phone)),
      },
      { description: 'Somebody without an account; like `user_id` for `transactions:write_any` only' },
    ),
  ),
  shipping_fee: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Instead of the one of the settings; for `transactions:write_any` only',
    }),
  ),
})
export const OrderLine = Type.Object({
  product_id: Id,
  sku: Nullable(Type.String()),
  name: Type.String(),
  price: Money,
  quantity: Type.Integer(),
  subtotal: Money,
  waiting: Type.Integer({ description: 'How many of them are still to come' }),
  promised_on: Nullable(BusinessDay),
})
export const Order = Type.Object({
  id: Id,
  number: Type.String(),
  user_id: Id,
  user_email: Type.String(),
  customer_name: Nullable(Type.String()),
  placed_by: Nullable(Id),
  status: OrderStatusSchema,
  subtotal: Money,
  tax_rate_basis_points: Type.Integer(),
  tax_inclusive: Type.Boolean({ description: 'Whether `subtotal` has the tax in it already' }),
  tax_amount: Money,
  shipping_fee: Money,
  total_price: Money,
  amount_paid: Money,
  paid_at: Nullable(Time),
  pays_on_delivery: Type.Boolean(),
  hold_until: Nullable(Type.String({ format: 'date-time', description: 'Cancelled then unless paid' })),
  products: Type.Array(OrderLine),
  shipping_address: Nullable(ShippingAddress),
  phone: Nullable(Type.String()),
  note: Nullable(Type.String()),
  cancel_reason: Nullable(Type.String()),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const OrderPage = PageOf(Order)
export const orderSorts = ['created_at', '-created_at'] as const
export const OrderQuery = Strict({
  ...numberedPageQuery,
  status: Type.Optional(OrderStatusSchema),
  user_id: Type.Optional(Id),
  sort: Type.Optional(Type.Enum([...orderSorts])),
})
export const OrderStatusBody = Strict({ status: OrderStatusSchema })
/** May be left out: a request without a body comes as null. */
export const CancelBody = Nullable(Strict({ reason: Type.Optional(Nullable(Prose(500))) }))

export type ShippingAddress = Static<typeof ShippingAddress>
export type Order = Static<typeof Order>
export type OrderLine = Static<typeof OrderLine>
export type OrderBody = Static<typeof OrderBody>
export type OrderQuery = Static<typeof OrderQuery>
