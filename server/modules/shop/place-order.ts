import type { Call } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { createTurns } from '#platform/turns'
import { type Amounts, agreeOnTotal, amountsOf } from './order-amounts.ts'
import { ORDER_HOLD, type OrderParts } from './order-changes.ts'
import { findCustomer, givenFeeOf, writeAddress } from './order-customer.ts'
import { orderCreated } from './order-events.ts'
import { freeUnitsOf, queueUp, takenOf, toLineRow } from './order-lines.ts'
import { insertOrder, type OrderRow } from './order-queries.ts'
import type { Order, OrderBody } from './order-schemas.ts'
import { toOrder } from './order-views.ts'
import { type Offer, priceLines, subtotalOf, toWantedLines, type WantedLine } from './pricing.ts'
import { findProductsOnSale, lockProductsOnSale } from './product-queries.ts'
import { holdFrom, priceRulesOf } from './settings.ts'
import { getSettings } from './settings-queries.ts'
import { moveStock } from './stock.ts'
import { levelEvents } from './stock-level.ts'

type PlaceOrderParts = OrderParts & {
  /** The time zone in which people count the days, as an IANA name. */
  readonly businessZone: string
}

/**
 * When everybody comes at once, they wait here for their turn and not for a connection: each order is taken to its end
 * before the next one begins, and the other routes keep connections for themselves.
 */
const AT_ONCE = { places: 16, acquireTimeoutMs: 30_000 }

export type PlaceOrder = ReturnType<typeof createPlaceOrder>

/** Takes an order: our prices, our stock, one transaction (S4), and a hold that ends unless it is paid. */
export function createPlaceOrder(parts: PlaceOrderParts) {
  const { db, clock, ids, outbox, timers } = parts
  const dayOf = new Intl.DateTimeFormat('en-CA', { timeZone: parts.businessZone, dateStyle: 'short' })

  const turns = createTurns(AT_ONCE)

  return async function placeOrder(call: Call<Order>, body: OrderBody): Promise<Order> {
    const leave = await turns.take()
    try {
      return await takeOrder(call, body)
    } finally {
      leave()
    }
  }

  async function takeOrder(call: Call<Order>, body: OrderBody): Promise<Order> {
    const wanted = toWantedLines(body.products)
    const givenFee = givenFeeOf(call, body)
    const customer = await unlessAnswered(call, async () => await findCustomer(db, call, body))
    const settings = await getSettings(db)
    const price = (offers: readonly Offer[]) => {
      const lines = priceLines(wanted, offers)
      const amounts = amountsOf(subtotalOf(lines), priceRulesOf(settings), givenFee)
      agreeOnTotal(amounts, { lines, seenByClient: body.total_price })
      return { lines, amounts }
    }
    await refuseEarly(call, wanted, price)
    return await transaction(db, call, async (trx) => {
      const products = await lockProductsOnSale(
        trx,
        wanted.map(({ productId }) => productId),
      )
      const { lines: priced, amounts } = price(products)
      const now = clock.now()
      const holdUntil = holdFrom(now, settings)
      const row: OrderRow = {
        id: ids.next(),
        number: `ORD-${dayOf.format(now).replaceAll('-', '')}-${ids.readable(8)}`,
        ...customer,
        status: 'pending_payment',
        business_day: dayOf.format(now),
        ...toColumns(amounts),
        cancel_reason: null,
        paid_minor: 0,
        paid_at: null,
        hold_until_at: holdUntil,
        on_delivery_at: null,
        shipping_address: writeAddress(body.shipping_address),
        note: body.note ?? null,
        version: 1,
        created_at: now,
        updated_at: now,
      }
      const free = await freeUnitsOf(trx, products)
      const lines = priced.map((line, index) => toLineRow(line, { order: row, number: index + 1, free }))
      const order = toOrder(row, lines)
      await insertOrder(trx, row, lines)
      const { events, moved } = await moveStock(trx, {
        call,
        ids,
        now,
        kind: 'sale',
        orderId: row.id,
        stocks: products,
        units: takenOf(lines).map((line) => ({ ...line, quantity: -line.quantity })),
      })
      const levels = moved.flatMap(({ before, after }) => levelEvents(before, after))
      await outbox.append(trx, call, orderCreated(order), ...events, ...levels)
      await queueUp(parts, trx, { call, products, lines })
      await timers.schedule(trx, { kind: ORDER_HOLD, subject: row.id, dueAt: holdUntil })
      return order
    })
  }

  /**
   * Most of those who come when all is sold are told so here: they wait for nobody and hold up nobody. The rows that
   * are locked later decide for the others.
   */
  async function refuseEarly(
    call: Call<Order>,
    wanted: readonly WantedLine[],
    price: (offers: readonly Offer[]) => unknown,
  ): Promise<void> {
    const offers = await findProductsOnSale(
      db,
      wanted.map(({ productId }) => productId),
    )
    await unlessAnswered(call, async () => price(offers))
  }

  /** What is refused before the transaction is not refused to who was answered before (C6). */
  async function unlessAnswered<Result>(call: Call<Order>, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (refusal) {
      await call.companion?.recall(db)
      throw refusal
    }
  }
}

function toColumns(amounts: Amounts) {
  return {
    total_minor: amounts.totalMinor,
    subtotal_minor: amounts.subtotalMinor,
    shipping_minor: amounts.shippingMinor,
    tax_basis_points: amounts.taxBasisPoints,
    tax_mode: amounts.taxMode,
    tax_minor: amounts.taxMinor,
  }
}
