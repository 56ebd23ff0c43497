/** A work order that is under way, as far as it says when its units come. */
export type PromisedSupply = {
  /** Units that it is still to bring. */
  readonly remaining: number
  /** When the last of them is expected; null while nobody knows, as on hold. */
  readonly expectedAt: Date | null
  /** When that was known. */
  readonly asOf: Date
}

/**
 * When each of the waiting lines, oldest first, should be complete; null where nothing that is expected covers it.
 * The supplies are used up one after the other by when they are expected, and a supply brings its units evenly from
 * when it was last heard of until then. Nobody is promised anything before those who have waited longer.
 */
export function promiseTimes(
  waiting: readonly number[],
  supplies: readonly PromisedSupply[],
): (Date | null)[] {
  const expected = supplies.flatMap(({ remaining, expectedAt, asOf }) =>
    expectedAt !== null && remaining > 0
      ? [{ remaining, from: asOf.getTime(), until: Math.max(asOf.getTime(), expectedAt.getTime()) }]
      : [],
  )
  const queue = expected.toSorted((a, b) => a.until - b.until || a.from - b.from)
  let [at, taken, latest] = [0, 0, Number.NEGATIVE_INFINITY]
  return waiting.map((units) => {
    let missing = units
    for (let supply = queue[at]; missing > 0 && supply !== undefined; supply = queue[at]) {
      const part = Math.min(missing, supply.remaining - taken)
      missing -= part
      taken += part
      const share = taken / supply.remaining
      latest = Math.max(latest, supply.from + Math.ceil((supply.until - supply.from) * share))
      if (taken === supply.remaining) [at, taken] = [at + 1, 0]
    }
    return missing > 0 ? null : new Date(latest)
  })
}
