import { Type } from 'typebox'
import { type Audience, defineEventTypes, EVERYBODY } from '#platform/events/event-types'
import { Id, Nullable, Version } from '#platform/http/schemas'
import { Order, OrderLine, OrderStatusSchema } from './order-schemas.ts'
import { Payment } from './payment-schemas.ts'
import { Category, Product } from './schemas.ts'
import { ShopSettings } from './settings-schemas.ts'
import { stockPolicies } from './stock-policy.ts'
import { stockEntryKinds } from './stock-schemas.ts'

const { waiting, promised_on: promisedOn, ...lineFields } = OrderLine.properties
/** What is in the log from before orders could wait has no word of it, and still concerns the same people. */
const orderFields = {
  ...Order.properties,
  order_id: Id,
  products: Type.Array(
    Type.Object({ ...lineFields, waiting: Type.Optional(waiting), promised_on: Type.Optional(promisedOn) }),
  ),
}
const { stock_policy: stockPolicy, ...productFields } = Product.properties

/** The shape of what the shop announces, and whom it concerns. */
export const shopEventTypes = [
  ...defineEventTypes({
    types: ['category.created', 'category.updated', 'category.deleted'],
    data: Category,
    audience: () => EVERYBODY,
  }),
  ...defineEventTypes({
    types: ['product.created', 'product.updated', 'product.deleted'],
    data: Type.Object({ ...productFields, stock_policy: Type.Optional(stockPolicy) }),
    // Who may not see a hidden product does not hear of it either.
    audience: ({ active }) => (active ? EVERYBODY : { permission: 'products:write' }),
  }),
  ...defineEventTypes({
    types: ['product.stock_changed'],
    data: Type.Object({
      stock: Type.Integer(),
      on_hand: Type.Integer(),
      available: Type.Integer(),
      product_id: Id,
      quantity: Type.Integer(),
      kind: Type.Enum([...stockEntryKinds]),
      order_id: Nullable(Id),
      reason: Nullable(Type.String()),
    }),
    // What was counted, broken or lost, and who has just bought what, is for those who keep the stock.
    audience: () => ({ permission: 'products:write' }),
  }),
  ...defineEventTypes({
    types: ['product.stock_low', 'product.stock_recovered'],
    data: Type.Object({
      product_id: Id,
      name: Type.String(),
      sku: Nullable(Type.String()),
      on_hand: Type.Integer(),
      available: Type.Integer(),
      low_stock_at: Nullable(Type.Integer()),
    }),
    audience: () => ({ permission: 'products:write' }),
  }),
  ...defineEventTypes({
    types: ['product_demand.changed'],
    data: Type.Object({
      product_id: Id,
      name: Type.String(),
      policy: Type.Enum([...stockPolicies]),
      waiting: Type.Integer({ description: 'Units that orders wait for' }),
      received: Type.Integer({ description: 'Units that production has brought, of all time' }),
      version: Version,
    }),
    // Who makes it must know, and everybody who keeps the stock may see that as well.
    audience: () => ({ permission: 'workorders:read' }),
  }),
  ...defineEventTypes({
    types: ['order_created'],
    data: Type.Object(orderFields),
    audience: buyerAndStaff,
  }),
  ...defineEventTypes({
    types: [
      'order_updated',
      'order_paid',
      'order_processing',
      'order_shipped',
      'order_completed',
      'order_cancelled',
    ],
    data: Type.Object({ ...orderFields, previous_status: OrderStatusSchema }),
    audience: buyerAndStaff,
  }),
  ...defineEventTypes({
    types: ['payment.recorded', 'payment.updated', 'payment.confirmed', 'payment.rejected'],
    data: Type.Object({
      ...Payment.properties,
      payment_id: Id,
      user_id: Order.properties.user_id,
      number: Order.properties.number,
    }),
    audience: buyerAndStaff,
  }),
  ...defineEventTypes({
    types: ['shop_settings.updated'],
    data: ShopSettings,
    audience: () => EVERYBODY,
  }),
]

function buyerAndStaff({ user_id: buyer }: { readonly user_id: string }): Audience {
  return { permission: 'transactions:read_any', userIds: [buyer] }
}
