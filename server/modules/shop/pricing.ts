import { invalidField } from '#platform/errors'
import { multiplyMinor, sumMinor } from '#platform/money'
import { refuse } from './errors.ts'
import type { OrderBody } from './order-schemas.ts'
import { sellsAhead } from './stock-policy.ts'

/** What is wanted: each product once, in the order in which it was first named. */
export type WantedLine = { readonly productId: string; readonly quantity: number }

export type Offer = {
  readonly id: string
  readonly sku: string | null
  readonly name: string
  readonly price_minor: number
  readonly stock: number
  readonly stock_policy: string | null
}

export type PricedLine = {
  readonly productId: string
  readonly sku: string | null
  readonly name: string
  readonly priceMinor: number
  readonly quantity: number
  readonly subtotalMinor: number
}

/** The most that one line may name, and so the most of one product. */
const MOST = 1_000_000_000

const TOO_MANY = {
  en: 'must be at most {limit} with the other lines of its product',
  id: 'maksimal {limit} bersama baris lain dari produknya',
}
const REQUIRED = { en: 'is required', id: 'wajib diisi' }
const DIFFERENT = { en: 'differs from its other spelling', id: 'berbeda dari ejaan lainnya' }
export const TOO_LARGE = { en: 'makes the total too large', id: 'membuat totalnya terlalu besar' }

/** Reads the lines in either spelling; lines of the same product become one. */
export function toWantedLines(products: OrderBody['products']): WantedLine[] {
  const quantities = new Map<string, number>()
  products.forEach((line, index) => {
    const productId = either(line.product_id, line.id, `/products/${index}/product_id`)
    const pointer = `/products/${index}/quantity`
    const quantity = (quantities.get(productId) ?? 0) + either(line.quantity, line.qty, pointer)
    if (quantity > MOST)
      throw invalidField({ pointer, code: 'maximum', text: TOO_MANY, details: { limit: MOST } })
    quantities.set(productId, quantity)
  })
  return Array.from(quantities, ([productId, quantity]) => ({ productId, quantity }))
}

function either<Value>(one: Value | undefined, other: Value | undefined, pointer: string): Value {
  const value = one ?? other
  if (value === undefined) throw invalidField({ pointer, code: 'required', text: REQUIRED })
  if (other !== undefined && other !== value)
    throw invalidField({ pointer, code: 'invalid', text: DIFFERENT })
  return value
}

/** Prices the lines from our own rows, and refuses what is not there, or not enough and not sold ahead (S4). */
export function priceLines(wanted: readonly WantedLine[], offers: readonly Offer[]): PricedLine[] {
  const byId = new Map(offers.map((offer) => [offer.id, offer]))
  const missing = wanted.filter(({ productId }) => !byId.has(productId))
  if (missing.length > 0) {
    throw refuse('product_not_found', { details: { product_ids: missing.map(({ productId }) => productId) } })
  }
  const short = wanted.flatMap(({ productId, quantity }) => {
    const offer = byId.get(productId)
    const available = offer?.stock ?? 0
    return available < quantity && !(offer !== undefined && sellsAhead(offer))
      ? [{ product_id: productId, requested: quantity, available }]
      : []
  })
  if (short.length > 0) throw refuse('insufficient_stock', { details: { available: short } })

  return wanted.flatMap(({ productId, quantity }, index) => {
    const offer = byId.get(productId)
    if (offer === undefined) return []
    const subtotalMinor = multiplyMinor(offer.price_minor, quantity)
    if (subtotalMinor === null) {
      throw invalidField({ pointer: `/products/${index}/quantity`, code: 'too_large', text: TOO_LARGE })
    }
    return [
      { productId, sku: offer.sku, name: offer.name, priceMinor: offer.price_minor, quantity, subtotalMinor },
    ]
  })
}

/** The exact sum of the lines. */
export function subtotalOf(lines: readonly PricedLine[]): number {
  const subtotalMinor = sumMinor(lines.map((line) => line.subtotalMinor))
  if (subtotalMinor === null) throw invalidField({ pointer: '/products', code: 'too_large', text: TOO_LARGE })
  return subtotalMinor
}
