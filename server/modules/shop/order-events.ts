import type { NewEvent } from '#platform/events/outbox'
import type { OrderStatus } from './lifecycle.ts'
import type { Order } from './order-schemas.ts'
import type { Payment } from './payment-schemas.ts'
import type { ShopSettings } from './settings-schemas.ts'

/** What the shop announces of orders and their money. Each event carries the whole record. */

/** `order_created` keeps the name and the fields that its consumers know (S6). */
export function orderCreated(order: Order): NewEvent {
  return {
    type: 'order_created',
    subject: `order/${order.id}`,
    recordVersion: order.version,
    data: { order_id: order.id, ...order },
  }
}

/** Named after the status that the order has come to, or `order_updated` where it kept its status. */
export function orderChanged(order: Order, previous: OrderStatus): NewEvent {
  return {
    type: order.status === previous ? 'order_updated' : `order_${order.status}`,
    subject: `order/${order.id}`,
    recordVersion: order.version,
    data: { order_id: order.id, previous_status: previous, ...order },
  }
}

/** `user_id` and `number` are the order's. */
export function paymentEvent(
  what: 'recorded' | 'updated' | 'confirmed' | 'rejected',
  payment: Payment,
  order: { readonly user_id: string; readonly number: string },
): NewEvent {
  return {
    type: `payment.${what}`,
    subject: `payment/${payment.id}`,
    recordVersion: payment.version,
    data: { payment_id: payment.id, user_id: order.user_id, number: order.number, ...payment },
  }
}

export function settingsUpdated(id: string, settings: ShopSettings): NewEvent {
  return {
    type: 'shop_settings.updated',
    subject: `shop_settings/${id}`,
    recordVersion: settings.version,
    data: settings,
  }
}
