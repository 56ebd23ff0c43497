import { findPerson, type PeopleTables } from '#modules/people'
import type { Clock } from '#platform/clock'
import type { EventConsumer } from '#platform/events/consumer'
import type { Language } from '#platform/language'
import type { EnqueueMail } from './enqueue-mail.ts'
import { type OrderFacts, orderEventTypes, readOrderEvent } from './events.ts'
import type { Notify } from './notify.ts'
import { isOldNews } from './old-news.ts'
import { type OrderConfirmation, writeOrderConfirmation } from './order-confirmation.ts'
import { writeOrderNotice } from './order-notices.ts'
import type { NotificationTables } from './table.ts'

type Parts = {
  readonly clock: Clock
  readonly notify: Notify
  readonly enqueueMail: EnqueueMail
  readonly defaultLanguage: Language
  readonly businessZone: string
}

/** Tells buyers of their orders: one confirmation by mail (S6), and each step in the application. */
export function createTellOfOrders(parts: Parts): EventConsumer {
  const { clock, notify, enqueueMail, defaultLanguage, businessZone } = parts

  return {
    name: 'notifications.orders',
    types: orderEventTypes,
    async handle(event, platform) {
      if (isOldNews(event, clock.now())) return
      const { type, order } = readOrderEvent(event)
      const trx = platform.withTables<NotificationTables>()
      const language =
        (await findPerson(platform.withTables<PeopleTables>(), order.user_id))?.locale ?? defaultLanguage
      if (type === 'order_created') {
        await enqueueMail(trx, {
          kind: 'order_confirmation',
          recipient: order.user_email,
          dedupeKey: `order_confirmation:${order.order_id}`,
          letter: writeOrderConfirmation(toConfirmation(order), { language, zone: businessZone }),
        })
      } else if (event.actorid === order.user_id) {
        // Whoever did it knows.
        return
      }
      await notify(trx, {
        userId: order.user_id,
        kind: type,
        ...writeOrderNotice(type, order, language),
        subject: event.subject,
        dedupeKey: `${type}:${order.order_id}`,
      })
    },
  }
}

function toConfirmation(order: OrderFacts): OrderConfirmation {
  return {
    number: order.number,
    placedAt: new Date(order.created_at),
    totalMinor: order.total_price,
    addedTaxMinor: order.tax_inclusive === true ? null : (order.tax_amount ?? 0) || null,
    shippingMinor: (order.shipping_fee ?? 0) || null,
    lines: order.products.map((line) => ({
      name: line.name,
      quantity: line.quantity,
      priceMinor: line.price,
      subtotalMinor: line.subtotal,
    })),
  }
}
