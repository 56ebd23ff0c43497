import type { PlatformTables } from '#platform/database/tables'
import type { OrderLineTable, OrderTable, PaymentTable, ShopSettingsTable } from './order-tables.ts'

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
  order_id: string | null
  actor_id: string | null
  created_at: Date
}

export type ShopTables = PlatformTables & {
  categories: CategoryTable
  products: ProductTable
  stock_entries: StockEntryTable
  orders: OrderTable
  order_lines: OrderLineTable
  payments: PaymentTable
  shop_settings: ShopSettingsTable
}
