type Lane = {
  underWay: number
  lastTookMs: number
  /** How many have found no room since somebody last did. */
  refused: number
}

type LanesParts = {
  /** So many are under way in all lanes of this process together; the rest is for other timers. */
  readonly atOnce: number
  /** How long whoever finds no room waits before the next look, in milliseconds. */
  readonly waitMs: (lane: Pick<Lane, 'lastTookMs' | 'refused'>) => number
}

export type Lanes = {
  /** Does the work if fewer than `atMost` are under way in its lane and there is room at all; else answers the wait. */
  readonly take: (
    lane: string,
    options: { readonly atMost: number; readonly work: () => Promise<void> },
  ) => Promise<number | null>
}

/** Keeps slow work from holding up everything else that is due: it has a few places and no more. */
export function createLanes({ atOnce, waitMs }: LanesParts): Lanes {
  const lanes = new Map<string, Lane>()
  let underWay = 0

  return {
    async take(name, { atMost, work }) {
      const lane = lanes.get(name) ?? { underWay: 0, lastTookMs: 0, refused: 0 }
      if (lane.underWay >= atMost || underWay >= atOnce) {
        lane.refused += 1
        return waitMs(lane)
      }
      lanes.set(name, lane)
      lane.refused = 0
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
        if (lane.underWay === 0 && lane.lastTookMs < 1_000) lanes.delete(name)
      }
    },
  }
}
