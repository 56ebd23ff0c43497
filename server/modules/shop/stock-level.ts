import type { NewEvent } from '#platform/events/outbox'
import type { ProductRow } from './product-queries.ts'
import { policyOf } from './stock-policy.ts'

/** What a product's stock is, and at which quantity it is low. */
export type StockLevel = Pick<ProductRow, 'id' | 'name' | 'sku' | LevelColumn>
type LevelColumn = 'stock' | 'low_stock_level' | 'stock_policy'

/** What is made when it is ordered is never low: nobody keeps a stock of it. */
export function isLow(product: Pick<StockLevel, LevelColumn>): boolean {
  const { stock, low_stock_level: level } = product
  return level !== null && stock <= level && policyOf(product) !== 'make_to_order'
}

/**
 * One event when the stock of a product becomes low, and one when it no longer is, whether the stock, its level or its
 * policy has changed. They have a subject of their own, because `product/…` has one event for each version.
 */
export function levelEvents(
  before: Pick<StockLevel, LevelColumn> | null,
  after: StockLevel & { readonly version: number },
): NewEvent[] {
  const wasLow = before !== null && isLow(before)
  if (wasLow === isLow(after)) return []
  return [
    {
      type: wasLow ? 'product.stock_recovered' : 'product.stock_low',
      subject: `product_stock/${after.id}`,
      recordVersion: after.version,
      data: {
        product_id: after.id,
        name: after.name,
        sku: after.sku,
        on_hand: after.stock,
        available: after.stock,
        low_stock_at: after.low_stock_level,
      },
    },
  ]
}
