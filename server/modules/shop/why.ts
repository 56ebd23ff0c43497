import type { Kysely } from 'kysely'
import { type Call, may } from '#platform/call'
import { refuse } from './errors.ts'
import type { OrderStatus } from './lifecycle.ts'
import { findOrder, listLines, type OrderRow } from './order-queries.ts'
import { statusOf } from './order-views.ts'
import { maySee } from './orders.ts'
import { outstandingOf } from './payment-rules.ts'
import { listOpenSupplies, type SupplyRow } from './supplies.ts'
import type { ShopTables } from './table.ts'
import { countUnitsAhead } from './waiting-lines.ts'
import type { MakingOrder, WaitingLineReason, WaitReason, Why } from './why-schemas.ts'
import { sayLine, sayWhy } from './why-words.ts'

export type ExplainWait = ReturnType<typeof createWhy>

/** Says in one answer why an order waits: for money, for units and what makes them, or for the next step of staff. */
export function createWhy({ db }: { readonly db: Kysely<ShopTables> }) {
  return async function explainWait(call: Call, id: string): Promise<Why> {
    const row = await findOrder(db, id)
    if (row === undefined || !maySee(call, row)) throw refuse('order_not_found')
    const status = statusOf(row)
    const waiting = (await listLines(db, [id])).filter((line) => (line.waiting ?? 0) > 0)
    const supplies = Map.groupBy(
      await listOpenSupplies(
        db,
        waiting.map((line) => line.product_id),
      ),
      (supply) => supply.product_id,
    )
    const seesNotes = may(call, 'transactions:read_any')
    const lines: WaitingLineReason[] = []
    for (const line of waiting) {
      const makers = supplies.get(line.product_id) ?? []
      const reason = {
        product_id: line.product_id,
        name: line.name,
        quantity: line.quantity,
        waiting: line.waiting ?? 0,
        ahead: await countUnitsAhead(db, line),
        promised_on: line.promised_on,
        work_orders: makers.map((supply) => toMakingOrder(supply, { seesNotes })),
      }
      lines.push({ ...reason, text: sayLine(reason, call.language) })
    }
    const why = {
      transaction_id: id,
      number: row.number,
      status,
      waits_for: reasonsOf(status, lines.length),
      payment: status === 'pending_payment' ? toPayment(row) : null,
      lines,
      promised_on: lastDay(lines),
    }
    return { ...why, text: sayWhy(why, call.language) }
  }
}

function reasonsOf(status: OrderStatus, waitingLines: number): WaitReason[] {
  const units: WaitReason[] = waitingLines > 0 ? ['units'] : []
  switch (status) {
    case 'pending_payment':
      return ['payment', ...units]
    case 'paid':
    case 'processing':
      return [...units, 'staff']
    case 'shipped':
      return ['delivery']
    case 'completed':
    case 'cancelled':
      return []
  }
}

function toPayment(row: OrderRow): Why['payment'] {
  return { outstanding: outstandingOf(row), hold_until: row.hold_until_at?.toISOString() ?? null }
}

function toMakingOrder(row: SupplyRow, { seesNotes }: { readonly seesNotes: boolean }): MakingOrder {
  const { id, number, status, quantity, good, hold_reason: reason } = row
  return {
    id,
    number,
    status,
    quantity,
    good,
    remaining: quantity - good,
    expected_at: row.expected_at?.toISOString() ?? null,
    hold:
      reason === null
        ? null
        : { reason, note: seesNotes ? row.hold_note : null, since: row.held_at?.toISOString() ?? null },
  }
}

/** Null as soon as one of the lines has none. */
function lastDay(lines: readonly Pick<WaitingLineReason, 'promised_on'>[]): string | null {
  const days = lines.map((line) => line.promised_on).filter((day) => day !== null)
  return days.length < lines.length ? null : days.reduce<string | null>(later, null)
}

function later(one: string | null, other: string): string {
  return one !== null && one > other ? one : other
}
