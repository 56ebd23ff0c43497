import type { Totals } from './quantities.ts'

type Share = { readonly quantity: number; readonly per_quantity: number }

/**
 * What so many units take of a component. A pack that is begun is taken whole: ceil(units × quantity / per_quantity),
 * in whole numbers of any size on the way, as the product of two large ones is not exact.
 */
export function takenFor(units: number, { quantity, per_quantity: perQuantity }: Share): number {
  const per = BigInt(perQuantity)
  return Number((BigInt(units) * BigInt(quantity) + per - 1n) / per)
}

/** What is lost has taken its components as well; what is worked on again takes nothing more. */
export function unitsOf({ good, scrap }: Totals): number {
  return good + scrap
}

type Standing = { readonly quantity: number; readonly isOpen: boolean; readonly totals: Totals }

/** What an order takes of a component in all, and from now on: all that is still to be made of it comes out good. */
export function needOf(
  line: Share & { readonly consumed: number },
  { quantity, isOpen, totals }: Standing,
): { readonly needed: number; readonly stillNeeded: number } {
  if (!isOpen) return { needed: line.consumed, stillNeeded: 0 }
  const remaining = Math.max(0, quantity - totals.good)
  const needed = takenFor(unitsOf(totals) + remaining, line)
  return { needed, stillNeeded: Math.max(0, needed - line.consumed) }
}
