import type { NewEvent } from '#platform/events/outbox'
import type { ProductRow } from './product-queries.ts'
import type { Category, Product } from './schemas.ts'
import type { StockEntryKind } from './stock-schemas.ts'

/** What the shop announces. Each event carries the whole record, so that nobody has to ask back. */

export function categoryEvent(what: 'created' | 'updated' | 'deleted', category: Category): NewEvent {
  return {
    type: `category.${what}`,
    subject: `category/${category.id}`,
    recordVersion: category.version,
    data: category,
  }
}

export function productEvent(what: 'created' | 'updated' | 'deleted', product: Product): NewEvent {
  return {
    type: `product.${what}`,
    subject: `product/${product.id}`,
    recordVersion: product.version,
    data: product,
  }
}

export type StockMove = {
  readonly productId: string
  readonly version: number
  readonly stock: number
  readonly quantity: number
  readonly kind: StockEntryKind
  readonly orderId: string | null
  /** Why, in words, where somebody said so. */
  readonly reason?: string | null
}

export function stockChanged({
  productId,
  version,
  stock,
  quantity,
  kind,
  orderId,
  reason = null,
}: StockMove): NewEvent {
  return {
    type: 'product.stock_changed',
    subject: `product/${productId}`,
    recordVersion: version,
    // The fields of the product that a move changes, as the product itself has them, then the move.
    data: {
      stock,
      on_hand: stock,
      available: stock,
      product_id: productId,
      quantity,
      kind,
      order_id: orderId,
      reason,
    },
  }
}

type Demand = { readonly waiting: number; readonly received: number; readonly version: number }

/** How much of a product orders wait for, and how much production has brought, both of all time and not as a change. */
export function demandChanged(
  { id, name, stock_policy: policy }: Pick<ProductRow, 'id' | 'name' | 'stock_policy'>,
  { waiting, received, version }: Demand,
): NewEvent {
  return {
    type: 'product_demand.changed',
    subject: `product_demand/${id}`,
    recordVersion: version,
    data: { product_id: id, name, policy: policy ?? 'deny', waiting, received, version },
  }
}
