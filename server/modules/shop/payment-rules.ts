import { knownWord } from '#platform/database/words'
import { refuse } from './errors.ts'
import type { OrderRow } from './order-queries.ts'
import type { PaymentRow } from './payment-queries.ts'
import { type Payment, paymentMethods, paymentStates } from './payment-schemas.ts'

/** More than anybody needs; a buyer must not be able to hold an order for ever, nor to fill the table. */
const MAX_PAYMENTS = 20

type Money = Pick<OrderRow, 'total_minor' | 'paid_minor'>

export function outstandingOf({ total_minor: total, paid_minor: paid }: Money): number {
  return total - (paid ?? 0)
}

/** Whether the payments on delivery that wait cover what is still to be paid. */
export function paysOnDelivery(order: Money, payments: readonly PaymentRow[]): boolean {
  const promised = payments.filter(({ method, state }) => method === 'cod' && state === 'pending')
  return (
    promised.length > 0 &&
    promised.reduce((sum, { amount_minor: amount }) => sum + amount, 0) >= outstandingOf(order)
  )
}

export function isWaiting(payments: readonly PaymentRow[]): boolean {
  return payments.some(({ state }) => state === 'pending')
}

/** A cancelled order has given its stock away, so that its money must go back and not in. */
export function refuseIfCancelled(order: OrderRow): void {
  if (order.status !== 'cancelled') return
  throw refuse('order_is_cancelled', {
    details: {
      order_status: order.status,
      cancel_reason: order.cancel_reason,
      total_price: order.total_minor,
      amount_paid: order.paid_minor ?? 0,
    },
  })
}

/** No more is taken than is owed, neither promised nor confirmed; who sent more gets it back outside of this. */
export function refuseOverpayment(order: Money, amountMinor: number): void {
  const outstanding = outstandingOf(order)
  if (amountMinor <= outstanding) return
  throw refuse('overpayment', {
    details: {
      amount: amountMinor,
      outstanding,
      total_price: order.total_minor,
      amount_paid: order.paid_minor ?? 0,
    },
  })
}

export function refuseTooMany(payments: readonly PaymentRow[]): void {
  if (payments.length < MAX_PAYMENTS) return
  throw refuse('too_many_payments', { details: { payments: payments.length } })
}

export function refuseIfDecided(payment: PaymentRow): void {
  if (payment.state === 'pending') return
  throw refuse('payment_decided', {
    details: { state: payment.state, decided_at: payment.decided_at?.toISOString() ?? null },
  })
}

export function toPayment(row: PaymentRow): Payment {
  return {
    id: row.id,
    order_id: row.order_id,
    method: knownWord(paymentMethods, row.method, `the payment ${row.id}`),
    amount: row.amount_minor,
    reference: row.reference,
    note: row.note,
    proof_file_id: row.proof_file_id,
    state: knownWord(paymentStates, row.state, `the payment ${row.id}`),
    reject_reason: row.reject_reason,
    recorded_by: row.recorded_by,
    decided_by: row.decided_by,
    decided_at: row.decided_at?.toISOString() ?? null,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
