import type { Insertable } from 'kysely'
import { fold } from '#platform/database/search'
import type { ProductRow } from './product-queries.ts'
import type { ProductBody, ProductChange } from './schemas.ts'
import type { StockEntryTable } from './table.ts'
import { toProduct } from './views.ts'

/** Turns what people say of a product into its row. */

export function newProduct(id: string, body: ProductBody, now: Date): ProductRow {
  return {
    id,
    ...columnsOf(body, now),
    image_ids: null,
    deleted_at: null,
    version: 1,
    created_at: now,
    updated_at: now,
  }
}

/** The row after a change; fields that the change leaves out stay as they are. */
export function changedProduct(row: ProductRow, change: ProductChange, now: Date): ProductRow {
  const body: ProductBody = { ...toProductBody(row), ...change }
  return { ...row, ...columnsOf(body, row.hidden_at ?? now), version: row.version + 1, updated_at: now }
}

export function differs(row: ProductRow, change: ProductChange): boolean {
  const current = toProductBody(row)
  return JSON.stringify({ ...current, ...change }) !== JSON.stringify(current)
}

type Counted = {
  readonly id: string
  readonly row: ProductRow
  readonly quantity: number
  readonly actorId: string | null
}

/** The ledger's word for a stock that was counted: a receipt for a new product, else an adjustment. None for zero. */
export function countEntries({ id, row, quantity, actorId }: Counted): Insertable<StockEntryTable>[] {
  if (quantity === 0) return []
  const kind = row.version === 1 ? 'receipt' : 'adjustment'
  return [
    {
      id,
      product_id: row.id,
      kind,
      quantity,
      balance: row.stock,
      order_id: null,
      actor_id: actorId,
      created_at: row.updated_at,
    },
  ]
}

/** `hiddenAt` is the time to write when the product is not active. */
function columnsOf(body: ProductBody, hiddenAt: Date) {
  const sku = body.sku?.trim() ?? null
  const description = body.description ?? null
  return {
    name: body.name.trim(),
    name_key: fold(body.name),
    sku,
    sku_key: sku === null ? null : fold(sku, 64),
    search_text: fold([body.name, sku, description].filter(Boolean).join('\n'), 12_000),
    description,
    img: body.img ?? null,
    category_id: body.category_id,
    price_minor: body.price,
    stock: body.stock,
    low_stock_level: body.low_stock_at ?? null,
    stock_policy: body.stock_policy === 'deny' ? null : (body.stock_policy ?? null),
    hidden_at: body.active === false ? hiddenAt : null,
  }
}

function toProductBody(row: ProductRow): ProductBody {
  const { name, price, stock, low_stock_at, stock_policy, category_id, img, description, sku, active } =
    toProduct(row)
  return { name, price, stock, low_stock_at, stock_policy, category_id, img, description, sku, active }
}
