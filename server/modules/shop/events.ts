import type { NewEvent } from '#platform/events/outbox'
import type { Category, Product } from './schemas.ts'

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
  readonly kind: 'sale' | 'release'
  readonly orderId: string
}

export function stockChanged({ productId, version, stock, quantity, kind, orderId }: StockMove): NewEvent {
  return {
    type: 'product.stock_changed',
    subject: `product/${productId}`,
    recordVersion: version,
    data: { product_id: productId, stock, quantity, kind, order_id: orderId },
  }
}
