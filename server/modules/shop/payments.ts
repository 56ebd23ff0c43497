import type { Transaction } from 'kysely'
import { actorOf, type Call, checkVersion, may } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { refuse } from './errors.ts'
import { changeOrder, type OrderParts } from './order-changes.ts'
import { paymentEvent } from './order-events.ts'
import { findOrder, lockOrder, type OrderRow } from './order-queries.ts'
import { getLockedOrder, maySee, requireOwnerOrStaff } from './orders.ts'
import {
  findPayment,
  insertPayment,
  listPayments,
  listPaymentsOfOrder,
  type PaymentRow,
  updatePayment,
} from './payment-queries.ts'
import {
  isWaiting,
  refuseIfCancelled,
  refuseIfDecided,
  refuseOverpayment,
  refuseTooMany,
  toPayment,
} from './payment-rules.ts'
import type { Payment, PaymentBody, PaymentQuery } from './payment-schemas.ts'
import { holdFrom } from './settings.ts'
import { getSettings } from './settings-queries.ts'
import type { ShopTables } from './table.ts'

export type Payments = ReturnType<typeof createPayments>

type Decision = {
  readonly state: 'confirmed' | 'rejected'
  readonly reason: string | null
}

/**
 * What was paid for an order. The buyer or staff record it, staff with `transactions:confirm` look whether the money is
 * there. While a payment waits for them the order is not cancelled; when the last one was decided and money is still
 * owed, the hold begins anew.
 */
export function createPayments(parts: OrderParts) {
  const { db, clock, ids, outbox } = parts
  return {
    async recordPayment(call: Call<Payment>, orderId: string, body: PaymentBody): Promise<Payment> {
      return await transaction(db, call, async (trx) => {
        const order = await getLockedOrder(trx, call, orderId)
        requireHand(call, order)
        refuseIfCancelled(order)
        refuseOverpayment(order, body.amount)
        refuseTooMany(await listPaymentsOfOrder(trx, orderId))
        const row = newPayment(orderId, actorOf(call).userId, body)
        const payment = toPayment(row)
        await insertPayment(trx, row)
        await outbox.append(trx, call, paymentEvent('recorded', payment, order))
        if (order.hold_until_at !== null)
          await changeOrder(parts, trx, { call, row: order, change: { hold_until_at: null } })
        return payment
      })
    },

    async listPaymentsOf(call: Call, orderId: string, query: PaymentQuery) {
      const order = await findOrder(db, orderId)
      if (order === undefined || !maySee(call, order)) throw refuse('order_not_found')
      return presentPage(await listPayments(db, { orderId, request: toPageRequest(query) }), toPayment)
    },

    async listPayments(query: PaymentQuery) {
      const page = await listPayments(db, { state: query.state, request: toPageRequest(query) })
      return presentPage(page, toPayment)
    },

    async getPayment(call: Call, id: string): Promise<Payment> {
      const row = await findPayment(db, id)
      const order = row === undefined ? undefined : await findOrder(db, row.order_id)
      if (row === undefined || order === undefined || !maySee(call, order)) throw refuse('payment_not_found')
      return toPayment(row)
    },

    /** Counts the payment; together with the earlier ones it may be all that is owed, and the order is paid. */
    async confirmPayment(call: Call<Payment>, id: string): Promise<Payment> {
      return await transaction(db, call, async (trx) => {
        const { order, payment, others } = await getLockedPayment(trx, call, id)
        refuseIfCancelled(order)
        refuseOverpayment(order, payment.amount_minor)
        const decided = await decide(trx, call, { order, payment, state: 'confirmed', reason: null })
        const paid = (order.paid_minor ?? 0) + payment.amount_minor
        const isCovered = paid >= order.total_minor
        const change = isCovered
          ? { paid_at: order.paid_at ?? clock.now() }
          : await holdAnew(trx, order, others)
        const status = isCovered && order.status === 'pending_payment' ? { status: 'paid' } : {}
        await changeOrder(parts, trx, {
          call,
          row: order,
          change: { paid_minor: paid, ...change, ...status },
        })
        return decided
      })
    },

    async rejectPayment(call: Call<Payment>, id: string, reason: string | null): Promise<Payment> {
      return await transaction(db, call, async (trx) => {
        const { order, payment, others } = await getLockedPayment(trx, call, id)
        const decided = await decide(trx, call, { order, payment, state: 'rejected', reason })
        const change = await holdAnew(trx, order, others)
        if (change.hold_until_at !== undefined) await changeOrder(parts, trx, { call, row: order, change })
        return decided
      })
    },
  }

  /** The order is locked first, as everywhere; its payments change with it only. */
  async function getLockedPayment(trx: Transaction<ShopTables>, call: Call, id: string) {
    const found = await findPayment(trx, id)
    const order = found === undefined ? undefined : await lockOrder(trx, found.order_id)
    if (order === undefined) throw refuse('payment_not_found')
    const payments = await listPaymentsOfOrder(trx, order.id)
    const payment = payments.find((each) => each.id === id)
    if (payment === undefined) throw refuse('payment_not_found')
    checkVersion(call, payment)
    refuseIfDecided(payment)
    return { order, payment, others: payments.filter((each) => each.id !== id) }
  }

  async function decide(
    trx: Transaction<ShopTables>,
    call: Call,
    { order, payment, state, reason }: Decision & { order: OrderRow; payment: PaymentRow },
  ): Promise<Payment> {
    const now = clock.now()
    const decided = {
      ...payment,
      state,
      reject_reason: reason,
      decided_by: actorOf(call).userId,
      decided_at: now,
      version: payment.version + 1,
      updated_at: now,
    }
    await updatePayment(trx, payment.id, decided)
    const view = toPayment(decided)
    await outbox.append(trx, call, paymentEvent(state, view, order))
    return view
  }

  /** Nothing to change while another payment waits, or where the order does not wait for money at all. */
  async function holdAnew(
    trx: Transaction<ShopTables>,
    order: OrderRow,
    others: readonly PaymentRow[],
  ): Promise<{ hold_until_at?: Date }> {
    if (order.status !== 'pending_payment' || isWaiting(others)) return {}
    return { hold_until_at: holdFrom(clock.now(), await getSettings(trx)) }
  }

  function newPayment(orderId: string, userId: string, body: PaymentBody): PaymentRow {
    const now = clock.now()
    return {
      id: ids.next(),
      order_id: orderId,
      method: body.method,
      amount_minor: body.amount,
      reference: body.reference ?? null,
      note: body.note ?? null,
      proof_file_id: null,
      state: 'pending',
      reject_reason: null,
      recorded_by: userId,
      decided_by: null,
      decided_at: null,
      version: 1,
      created_at: now,
      updated_at: now,
    }
  }
}

/** Who only looks at everybody's orders pays for none of them. */
export function requireHand(call: Call, order: OrderRow): void {
  if (!may(call, 'transactions:confirm')) requireOwnerOrStaff(call, order)
}
