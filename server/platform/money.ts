/**
 * Money is an integer in the currency's smallest used unit and stays below 2^53, where integers are exact.
 * Both functions answer `null` when the result would leave that range; the caller refuses.
 */
export function multiplyMinor(priceMinor: number, quantity: number): number | null {
  const product = priceMinor * quantity
  return Number.isSafeInteger(product) ? product : null
}

export function sumMinor(amounts: readonly (number | null)[]): number | null {
  let sum = 0
  for (const amount of amounts) {
    if (amount === null) return null
    sum += amount
    if (!Number.isSafeInteger(sum)) return null
  }
  return sum
}
