import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { EventEnvelope } from '#platform/events/envelope'
import type { NewEvent } from '#platform/events/outbox'
import type { NotificationRow } from './notification-queries.ts'
import { toNotification } from './views.ts'

/** What the module announces; `unread` is the user's count after the change. */
export function notificationEvent(
  what: 'created' | 'read',
  row: NotificationRow,
  { unread }: { readonly unread: number },
): NewEvent {
  return {
    type: `notification.${what}`,
    subject: `notification/${row.id}`,
    recordVersion: row.version,
    data: { user_id: row.user_id, unread, ...toNotification(row) },
  }
}

/** What it listens to: the order as the shop tells of it, as far as it matters here. */
export const orderEventTypes = [
  'order_created',
  'order_paid',
  'order_shipped',
  'order_completed',
  'order_cancelled',
] as const
export type OrderEventType = (typeof orderEventTypes)[number]

const OrderFacts = Type.Object({
  order_id: Type.String(),
  number: Type.String(),
  user_id: Type.String(),
  user_email: Type.String(),
  total_price: Type.Integer(),
  // The version before did not tell of them.
  tax_amount: Type.Optional(Type.Integer()),
  tax_inclusive: Type.Optional(Type.Boolean()),
  shipping_fee: Type.Optional(Type.Integer()),
  products: Type.Array(
    Type.Object({
      name: Type.String(),
      price: Type.Integer(),
      quantity: Type.Integer(),
      subtotal: Type.Integer(),
    }),
  ),
  created_at: Type.String({ format: 'date-time' }),
})
export type OrderFacts = Static<typeof OrderFacts>

const orderFacts = Compile(OrderFacts)

/** Throws on an event that does not tell of an order, so that it is parked for somebody to look at. */
export function readOrderEvent({ id, type, data }: EventEnvelope): {
  type: OrderEventType
  order: OrderFacts
} {
  const known = orderEventTypes.find((each) => each === type)
  if (known === undefined || !orderFacts.Check(data)) {
    throw new TypeError(`the event ${id} of type ${type} does not tell of an order`)
  }
  return { type: known, order: data }
}
