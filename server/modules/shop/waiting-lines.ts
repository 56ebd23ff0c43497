import type { Kysely, Transaction } from 'kysely'
import type { ShopTables } from './table.ts'

/** A line of an open order with units that are still to come, or that came. */
export type WaitingLine = {
  readonly order_id: string
  readonly line: number
  readonly quantity: number
  readonly waiting: number
  readonly promised_on: string | null
}

/** Those who wait for units of a product, longest first. A cancelled order waits for nothing. */
export async function listWaitingLines(db: Kysely<ShopTables>, productId: string): Promise<WaitingLine[]> {
  const rows = await db
    .selectFrom('order_lines')
    .select(['order_id', 'line', 'quantity', 'waiting', 'promised_on'])
    .where('product_id', '=', productId)
    .where('waiting', '>', 0)
    .orderBy('waiting_since_at')
    .orderBy('order_id')
    .execute()
  return rows.map(({ waiting, ...row }) => ({ ...row, waiting: waiting ?? 0 }))
}

/** What units that came can be taken back from: not sent yet, those that began to wait last first. */
export async function listFilledLines(db: Kysely<ShopTables>, productId: string): Promise<WaitingLine[]> {
  const rows = await db
    .selectFrom('order_lines')
    .innerJoin('orders', 'orders.id', 'order_lines.order_id')
    .select([
      'order_lines.order_id',
      'order_lines.line',
      'order_lines.quantity',
      'order_lines.waiting',
      'order_lines.promised_on',
    ])
    .where('order_lines.product_id', '=', productId)
    .where('order_lines.waiting_since_at', 'is not', null)
    .where('orders.status', 'in', ['pending_payment', 'paid', 'processing'])
    .orderBy('order_lines.waiting_since_at', 'desc')
    .orderBy('order_lines.order_id', 'desc')
    .execute()
  return rows
    .map(({ waiting, ...row }) => ({ ...row, waiting: waiting ?? 0 }))
    .filter(({ waiting, quantity }) => waiting < quantity)
}

/** As many of the first lines as it takes to use up the units. */
export function linesFor(
  units: number,
  lines: readonly WaitingLine[],
  sizeOf: (line: WaitingLine) => number,
): WaitingLine[] {
  const chosen: WaitingLine[] = []
  let left = units
  for (const line of lines) {
    if (left <= 0) break
    chosen.push(line)
    left -= sizeOf(line)
  }
  return chosen
}

/** Locks the orders by id, as everybody does who locks several. */
export async function lockOrders(trx: Transaction<ShopTables>, lines: readonly WaitingLine[]) {
  const ids = [...new Set(lines.map((line) => line.order_id))]
  if (ids.length === 0) return []
  return await trx.selectFrom('orders').selectAll().where('id', 'in', ids).orderBy('id').forUpdate().execute()
}

export async function setLine(
  trx: Transaction<ShopTables>,
  { order_id: orderId, line }: Pick<WaitingLine, 'order_id' | 'line'>,
  change: { readonly waiting?: number; readonly promised_on?: string | null },
): Promise<void> {
  await trx
    .updateTable('order_lines')
    .set(change)
    .where('order_id', '=', orderId)
    .where('line', '=', line)
    .execute()
}
