import { invalidField } from '#platform/errors'
import { sumMinor } from '#platform/money'
import { refuse } from './errors.ts'
import { type PricedLine, TOO_LARGE } from './pricing.ts'

export const taxModes = ['inclusive', 'exclusive'] as const
export type TaxMode = (typeof taxModes)[number]

/** What the settings say of the money of an order. */
export type PriceRules = {
  readonly shippingFeeMinor: number
  /** Orders whose lines sum to as much are sent for nothing; null for never. */
  readonly freeShippingFromMinor: number | null
  readonly taxBasisPoints: number
  readonly taxMode: TaxMode
}

export type Amounts = {
  /** The sum of the lines, with the tax in it when prices are inclusive. */
  readonly subtotalMinor: number
  readonly taxBasisPoints: number
  readonly taxMode: TaxMode
  readonly taxMinor: number
  readonly shippingMinor: number
  readonly totalMinor: number
}

const ALL_BASIS_POINTS = 10_000n

/**
 * The tax of an order is reckoned once, on the sum of its lines, and rounded half up to the smallest unit: never line
 * by line, so that it does not depend on how goods are spread over lines. Shipping is not taxed.
 */
export function taxOf(
  subtotalMinor: number,
  { taxBasisPoints, taxMode }: Pick<PriceRules, 'taxBasisPoints' | 'taxMode'>,
): number {
  const rate = BigInt(taxBasisPoints)
  const whole = taxMode === 'inclusive' ? ALL_BASIS_POINTS + rate : ALL_BASIS_POINTS
  // Half of the divisor is added before the division cuts; both are positive.
  return Number((2n * BigInt(subtotalMinor) * rate + whole) / (2n * whole))
}

/** Every amount of an order; a shipping fee that staff gave stands in the place of the settings'. */
export function amountsOf(subtotalMinor: number, rules: PriceRules, givenFeeMinor?: number): Amounts {
  const { taxBasisPoints, taxMode, freeShippingFromMinor } = rules
  const isFree = freeShippingFromMinor !== null && subtotalMinor >= freeShippingFromMinor
  const shippingMinor = givenFeeMinor ?? (isFree ? 0 : rules.shippingFeeMinor)
  const taxMinor = taxOf(subtotalMinor, rules)
  const added = taxMode === 'exclusive' ? taxMinor : 0
  const totalMinor = sumMinor([subtotalMinor, added, shippingMinor])
  if (totalMinor === null) throw invalidField({ pointer: '/products', code: 'too_large', text: TOO_LARGE })
  return { subtotalMinor, taxBasisPoints, taxMode, taxMinor, shippingMinor, totalMinor }
}

/** A total that the client saw and that differs from ours is refused with the right one, and what it is made of. */
export function agreeOnTotal(
  amounts: Amounts,
  { lines, seenByClient }: { lines: readonly PricedLine[]; seenByClient: number | undefined },
): void {
  if (seenByClient === undefined || seenByClient === amounts.totalMinor) return
  throw refuse('price_changed', {
    details: {
      total_price: amounts.totalMinor,
      subtotal: amounts.subtotalMinor,
      tax_amount: amounts.taxMinor,
      tax_inclusive: amounts.taxMode === 'inclusive',
      shipping_fee: amounts.shippingMinor,
      prices: lines.map(({ productId, priceMinor }) => ({ product_id: productId, price: priceMinor })),
    },
  })
}
