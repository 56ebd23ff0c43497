import type { PlatformTables } from '#platform/database/tables'
import type { OrderLineTable, OrderTable, PaymentTable, ShopSettingsTable } from './order-tables.ts'
import type { ProductSupplyTable } from './supply-tables.ts'

export type CategoryTable = {
  id: string
  name: string
  /** The folded name; once deleted the id, so that the name is free again. */
  name_key: string
  /** The row stays for the deleted products that name it. */
  deleted_at: Date | null
  version: number
  created_at: Date
  updated_at: Date
}

export type ProductTable = {
  id: string
  category_id: string
  sku: string | null
  sku_key: string | null
  name: string
  name_key: string
  /** What `q` searches in: name, SKU and description, folded. */
  search_text: string
  description: string | null
  img: string | null
  price_minor: number
  stock: number
  /** The stock is low at this quantity and below; null: never. */
  low_stock_level: number | null
  /** What happens to who buys more than is there: `backorder` or `make_to_order`; null is `deny`. */
  stock_policy: string | null
  /** The files of its images in their order, as a JSON array of ids; null for none. */
  image_ids: string | null
  hidden_at: Date | null
  deleted_at: Date | null
  version: number
  created_at: Date
  updated_at: Date
}

/** The ledger: the sum of a product's entries is its stock, always (S7). */
export type StockEntryTable = {
  id: string
  product_id: string
  kind: string
  /** Positive into the stock, negative out of it. */
  quantity: number
  /** The stock after it; null in entries of before this column. */
  balance: number | null
  reason: string | null
  /** What it says on the paper that came with it, as a delivery note's number. */
  reference: string | null
  order_id: string | null
  /** Whose output it is, or for what it was used up; null for everything else. */
  work_order_id: string | null
  actor_id: string | null
  created_at: Date
}

/** What orders wait for of a product, and what came in of it from production, of all time; the id is the product's. */
export type ProductDemandTable = {
  id: string
  waiting: number
  received: number
  version: number
  updated_at: Date
}

export type ShopTables = PlatformTables & {
  categories: CategoryTable
  products: ProductTable
  stock_entries: StockEntryTable
  orders: OrderTable
  order_lines: OrderLineTable
  payments: PaymentTable
  shop_settings: ShopSettingsTable
  product_demands: ProductDemandTable
  product_supplies: ProductSupplyTable
}
