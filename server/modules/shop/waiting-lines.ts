import { type Kysely, sql, type Transaction } from 'kysely'
import type { OrderLineRow, OrderRow } from './order-queries.ts'
import type { ShopTables } from './table.ts'

/** A line of an open order with units that are still to come, or that came. */
export type WaitingLine = {
  readonly order_id: string
  readonly line: number
  readonly product_id: string
  readonly quantity: number
  readonly waiting: number
  readonly promised_on: string | null
}

const COLUMNS = [
  'order_lines.order_id',
  'order_lines.line',
  'order_lines.product_id',
  'order_lines.quantity',
  'order_lines.waiting',
  'order_lines.promised_on',
] as const

/** While it is so, what was given to an order can be taken back from it. */
const UNSENT = ['pending_payment', 'paid', 'processing']

export function isUnsent({ status }: Pick<OrderRow, 'status'>): boolean {
  return UNSENT.includes(status)
}

/** Who waits for units of a product, longest first. A cancelled order waits for nothing. */
export async function listWaitingLines(
  db: Kysely<ShopTables>,
  productId: string,
  limit?: number,
): Promise<WaitingLine[]> {
  const found = db
    .selectFrom('order_lines')
    .select(COLUMNS)
    .where('product_id', '=', productId)
    .where('waiting', '>', 0)
    .orderBy('waiting_since_at')
    .orderBy('order_id')
  return (await (limit === undefined ? found : found.limit(limit)).execute()).map(toWaitingLine)
}

type Place = Pick<OrderLineRow, 'product_id' | 'order_id' | 'waiting_since_at'>

/** For how many units others have waited longer than a line that waits. */
export async function countUnitsAhead(db: Kysely<ShopTables>, place: Place): Promise<number> {
  const { product_id: productId, order_id: orderId, waiting_since_at: since } = place
  const { units } = await db
    .selectFrom('order_lines')
    .select(sql<number>`coalesce(sum(waiting), 0)`.as('units'))
    .where('product_id', '=', productId)
    .where('waiting', '>', 0)
    .where('waiting_since_at', '<=', since)
    .where((eb) => eb.or([eb('waiting_since_at', '<', since), eb('order_id', '<', orderId)]))
    .executeTakeFirstOrThrow()
  return units
}

/** What units that came can be taken back from: not sent yet, those that began to wait last first. */
export async function listFilledLines(db: Kysely<ShopTables>, productId: string): Promise<WaitingLine[]> {
  const rows = await db
    .selectFrom('order_lines')
    .innerJoin('orders', 'orders.id', 'order_lines.order_id')
    .select(COLUMNS)
    .where('order_lines.product_id', '=', productId)
    .where('order_lines.waiting_since_at', 'is not', null)
    .where('orders.status', 'in', UNSENT)
    .orderBy('order_lines.waiting_since_at', 'desc')
    .orderBy('order_lines.order_id', 'desc')
    .execute()
  return rows.map(toWaitingLine).filter(({ waiting, quantity }) => waiting < quantity)
}

/** Those of other orders who wait for what an order has, longest first; no more than `limit` of them. */
export async function listWaitingForThose(
  db: Kysely<ShopTables>,
  { orderId, limit }: { readonly orderId: string; readonly limit: number },
): Promise<WaitingLine[]> {
  const rows = await db
    .selectFrom('order_lines as own')
    .innerJoin('order_lines', 'order_lines.product_id', 'own.product_id')
    .select(COLUMNS)
    .where('own.order_id', '=', orderId)
    .where('order_lines.waiting', '>', 0)
    .where('order_lines.order_id', '<>', orderId)
    .orderBy('order_lines.waiting_since_at')
    .orderBy('order_lines.order_id')
    .limit(limit)
    .execute()
  return rows.map(toWaitingLine)
}

/** Who waits for any product of these SKUs, folded; no more than `limit` lines, longest first. */
export async function listWaitingForSkus(
  db: Kysely<ShopTables>,
  { skuKeys, limit }: { readonly skuKeys: readonly string[]; readonly limit: number },
): Promise<WaitingLine[]> {
  const rows = await db
    .selectFrom('products')
    .innerJoin('order_lines', 'order_lines.product_id', 'products.id')
    .select(COLUMNS)
    .where('products.sku_key', 'in', skuKeys)
    .where('order_lines.waiting', '>', 0)
    .orderBy('order_lines.waiting_since_at')
    .orderBy('order_lines.order_id')
    .limit(limit)
    .execute()
  return rows.map(toWaitingLine)
}

function toWaitingLine<Row extends { readonly waiting: number | null }>(row: Row) {
  return { ...row, waiting: row.waiting ?? 0 }
}

/** As many of the first lines as it takes to use up the units. */
export function linesFor(
  units: number,
  lines: readonly WaitingLine[],
  sizeOf = ({ waiting }: WaitingLine): number => waiting,
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
export async function lockOrders(
  trx: Transaction<ShopTables>,
  lines: readonly Pick<WaitingLine, 'order_id'>[],
): Promise<OrderRow[]> {
  const ids = [...new Set(lines.map((line) => line.order_id))]
  if (ids.length === 0) return []
  return await trx.selectFrom('orders').selectAll().where('id', 'in', ids).orderBy('id').forUpdate().execute()
}

/** Writes the next version of orders that are locked. */
export async function touchOrders(
  trx: Transaction<ShopTables>,
  ids: readonly string[],
  now: Date,
): Promise<void> {
  await trx
    .updateTable('orders')
    .set({ version: sql`version + 1`, updated_at: now })
    .where('id', 'in', ids)
    .execute()
}

type Given = { readonly line: WaitingLine; readonly quantity: number }

/** Has lines of one product wait for so many units fewer; all but the last get all that they wait for. */
export async function fillLines(trx: Transaction<ShopTables>, given: readonly Given[]): Promise<void> {
  const complete = given.filter(({ line, quantity }) => quantity === line.waiting).map(({ line }) => line)
  const [first] = complete
  if (first !== undefined) {
    await trx
      .updateTable('order_lines')
      .set({ waiting: 0, promised_on: null })
      .where('product_id', '=', first.product_id)
      .where(
        'order_id',
        'in',
        complete.map((line) => line.order_id),
      )
      .execute()
  }
  for (const { line, quantity } of given)
    if (quantity < line.waiting) await setLine(trx, line, { waiting: line.waiting - quantity })
}

/** A cancelled order waits for nothing. */
export async function endWaiting(trx: Transaction<ShopTables>, orderId: string): Promise<void> {
  await trx
    .updateTable('order_lines')
    .set({ waiting: 0, promised_on: null })
    .where('order_id', '=', orderId)
    .where('waiting', '>', 0)
    .execute()
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
