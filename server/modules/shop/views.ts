import type { CategoryRow } from './category-queries.ts'
import { isOrderStatus } from './lifecycle.ts'
import type { OrderLineRow, OrderRow } from './order-queries.ts'
import type { ProductRow } from './product-queries.ts'
import type { Category, Order, OrderLine, Product } from './schemas.ts'

/** Rows as they go over the wire. */

export function toCategory(row: CategoryRow): Category {
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

export function toProduct(row: ProductRow): Product {
  return {
    id: row.id,
    name: row.name,
    price: row.price_minor,
    stock: row.stock,
    category_id: row.category_id,
    img: row.img,
    description: row.description,
    sku: row.sku,
    active: row.hidden_at === null,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

export function toOrder(row: OrderRow, lines: readonly OrderLineRow[]): Order {
  if (!isOrderStatus(row.status))
    throw new TypeError(`the order ${row.id} has the unknown status ${row.status}`)
  return {
    id: row.id,
    number: row.number,
    user_id: row.user_id,
    user_email: row.user_email,
    status: row.status,
    total_price: row.total_minor,
    products: lines.map(toOrderLine),
    cancel_reason: row.cancel_reason,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

function toOrderLine(row: OrderLineRow): OrderLine {
  return {
    product_id: row.product_id,
    sku: row.sku,
    name: row.name,
    price: row.price_minor,
    quantity: row.quantity,
    subtotal: row.price_minor * row.quantity,
  }
}
