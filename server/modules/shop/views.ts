import { filePath } from '#platform/files/files'
import type { CategoryRow } from './category-queries.ts'
import { readImageIds } from './image-ids.ts'
import type { ProductRow } from './product-queries.ts'
import type { Category, Product } from './schemas.ts'
import { policyOf } from './stock-policy.ts'

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
    on_hand: row.stock,
    available: row.stock,
    low_stock_at: row.low_stock_level,
    stock_policy: policyOf(row),
    category_id: row.category_id,
    images: readImageIds(row).map((id) => ({ id, url: filePath(id) })),
    img: row.img,
    description: row.description,
    sku: row.sku,
    active: row.hidden_at === null,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
