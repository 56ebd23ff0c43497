import { actorOf, type Call } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { ShopParts } from './catalogue.ts'
import { orderCreated } from './events.ts'
import { insertOrder, type OrderLineRow, type OrderRow } from './order-queries.ts'
import { type PricedLine, priceLines, totalOf, toWantedLines } from './pricing.ts'
import { lockProductsOnSale } from './product-queries.ts'
import type { Order, OrderBody } from './schemas.ts'
import { moveStock } from './stock.ts'
import { toOrder } from './views.ts'

type PlaceOrderParts = ShopParts & {
  /** The time zone in which people count the days, as an IANA name. */
  readonly businessZone: string
}

export type PlaceOrder = ReturnType<typeof createPlaceOrder>

/** Takes an order: our prices, our stock, one transaction (S4). */
export function createPlaceOrder(parts: PlaceOrderParts) {
  const { db, clock, ids, outbox } = parts
  const dayOf = new Intl.DateTimeFormat('en-CA', { timeZone: parts.businessZone, dateStyle: 'short' })

  return async function placeOrder(call: Call<Order>, body: OrderBody): Promise<Order> {
    const wanted = toWantedLines(body.products)
    const buyer = actorOf(call)
    return await transaction(db, call, async (trx) => {
      const products = await lockProductsOnSale(
        trx,
        wanted.map(({ productId }) => productId),
      )
      const priced = priceLines(wanted, products)
      const now = clock.now()
      const row: OrderRow = {
        id: ids.next(),
        number: `ORD-${dayOf.format(now).replaceAll('-', '')}-${ids.readable(8)}`,
        user_id: buyer.userId,
        user_email: buyer.email,
        status: 'pending_payment',
        total_minor: totalOf(priced, body.total_price),
        cancel_reason: null,
        version: 1,
        created_at: now,
        updated_at: now,
      }
      const lines = priced.map((line, index) => toLineRow(row.id, line, index + 1))
      const order = toOrder(row, lines)
      await insertOrder(trx, row, lines)
      const moved = await moveStock(trx, {
        call,
        ids,
        now,
        kind: 'sale',
        orderId: row.id,
        stocks: products,
        lines,
      })
      await outbox.append(trx, call, orderCreated(order), ...moved)
      return order
    })
  }
}

function toLineRow(orderId: string, line: PricedLine, number: number): OrderLineRow {
  return {
    order_id: orderId,
    line: number,
    product_id: line.productId,
    sku: line.sku,
    name: line.name,
    price_minor: line.priceMinor,
    quantity: line.quantity,
  }
}
