/** How many are under way in this process; the rest is for other timers, mail among them. */
const AT_ONCE = 12
const AT_ONCE_TO_ONE = 4

type Lane = { underWay: number; lastTookMs: number }

export type Lanes = {
  /** Does the work if there is room for it; else answers how long to wait before the next look, in milliseconds. */
  readonly take: (
    webhookId: string,
    options: { readonly isFailing: boolean; readonly work: () => Promise<void> },
  ) => Promise<number | null>
}

/** Keeps a slow receiver from holding up everything else that is due: it has a few places and no more. */
export function createLanes({ chance }: { readonly chance: () => number }): Lanes {
  const lanes = new Map<string, Lane>()
  let underWay = 0

  return {
    async take(webhookId, { isFailing, work }) {
      const lane = lanes.get(webhookId) ?? { underWay: 0, lastTookMs: 0 }
      const limit = isFailing ? 1 : AT_ONCE_TO_ONE
      // Longer behind a slow receiver, so that those who wait for it do not keep asking.
      if (lane.underWay >= limit || underWay >= AT_ONCE) {
        return Math.max(500, lane.lastTookMs * AT_ONCE_TO_ONE) * (1 + 2 * chance())
      }
      lanes.set(webhookId, lane)
      lane.underWay += 1
      underWay += 1
      const startedMs = performance.now()
      try {
        await work()
        return null
      } finally {
        lane.lastTookMs = performance.now() - startedMs
        lane.underWay -= 1
        underWay -= 1
        if (lane.underWay === 0 && lane.lastTookMs < 1_000) lanes.delete(webhookId)
      }
    },
  }
}
