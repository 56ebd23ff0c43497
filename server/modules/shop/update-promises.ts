import type { Transaction } from 'kysely'
import type { BusinessDays } from '#platform/business-days'
import { systemCall } from '#platform/call'
import type { WaitingParts } from './fill-waiting.ts'
import { changeOrder } from './order-changes.ts'
import { promiseTimes } from './promises.ts'
import { listOpenSupplies } from './supplies.ts'
import type { ShopTables } from './table.ts'
import { listWaitingLines, lockOrders, setLine, type WaitingLine } from './waiting-lines.ts'

export type PromiseParts = WaitingParts & { readonly businessDays: BusinessDays }

/**
 * Has the lines that wait for a product say when they are expected. Called when a work order for it or the queue has
 * changed, after that is written; an order is changed and announced only when one of its days is another one.
 */
export async function updatePromises(
  parts: PromiseParts,
  trx: Transaction<ShopTables>,
  productId: string,
): Promise<void> {
  const moved = await movedPromises(parts, trx, productId)
  if (moved.length === 0) return
  const orders = await lockOrders(
    trx,
    moved.map(({ line }) => line),
  )
  // As they are now that nobody else changes them; what has come in between leads here again by its own event.
  const own = Map.groupBy(await movedPromises(parts, trx, productId), ({ line }) => line.order_id)
  for (const row of orders) {
    const lines = own.get(row.id) ?? []
    for (const { line, promisedOn } of lines) await setLine(trx, line, { promised_on: promisedOn })
    if (lines.length > 0) await changeOrder(parts, trx, { call: systemCall, row, change: {} })
  }
}

type Moved = { readonly line: WaitingLine; readonly promisedOn: string | null }

async function movedPromises(
  { businessDays }: PromiseParts,
  trx: Transaction<ShopTables>,
  productId: string,
): Promise<Moved[]> {
  const lines = await listWaitingLines(trx, productId)
  if (lines.length === 0) return []
  const supplies = await listOpenSupplies(trx, [productId])
  const times = promiseTimes(
    lines.map(({ waiting }) => waiting),
    supplies.map(({ quantity, good, expected_at: expectedAt, as_of_at: asOf }) => ({
      remaining: quantity - good,
      expectedAt,
      asOf,
    })),
  )
  return lines.flatMap((line, index) => {
    const time = times[index] ?? null
    const promisedOn = time === null ? null : businessDays.dayOf(time)
    return promisedOn === line.promised_on ? [] : [{ line, promisedOn }]
  })
}
