/** What the production log of an order adds up to (W5). */
export type Totals = { readonly good: number; readonly scrap: number; readonly rework: number }

export const NOTHING: Totals = { good: 0, scrap: 0, rework: 0 }

type Progress = { readonly remaining: number; readonly progress: number }

/** Scrap and rework never count toward the target. */
export function progressOf({ quantity }: { readonly quantity: number }, { good }: Totals): Progress {
  return {
    remaining: Math.max(0, quantity - good),
    progress: Math.min(100, Math.floor((good * 100) / quantity)),
  }
}
