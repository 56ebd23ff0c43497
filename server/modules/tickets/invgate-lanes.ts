import type { Clock } from '#platform/clock'
import { createLanes } from '#platform/timers/lanes'
import type { TimerKind } from '#platform/timers/timer'

/** InvGate takes a few requests a second: more at once would only wait where other timers could be handled. */
const AT_ONCE = 4
/** No kind takes all places, so that a reply does not wait until thousands of accounts are made. */
const AT_ONCE_OF_KIND = 3
const SHORTEST_WAIT_MS = 500
/** Where thousands wait they would else do nothing but ask. */
const WAIT_PER_REFUSED_MS = 100
const LONGEST_WAIT_MS = 30_000
/** The longest wait by chance, in shortest ones. */
const SPREAD = 4

type LaneParts = { readonly clock: Clock; readonly chance: () => number }

/** Has what waits for InvGate share a few places, so that mail and everything else that is due goes on meanwhile. */
export function keepInLanes({ clock, chance }: LaneParts, ...kinds: readonly TimerKind[]): TimerKind[] {
  const lanes = createLanes({
    atOnce: AT_ONCE,
    waitMs: ({ refused }) => waitAfter(refused) * (1 + (SPREAD - 1) * chance()),
  })
  return kinds.map(({ handle, ...kind }) => ({
    ...kind,
    async handle(timer, complete) {
      const work = async () => await handle(timer, complete)
      const waitMs = await lanes.take(kind.kind, { atMost: AT_ONCE_OF_KIND, work })
      if (waitMs === null) return
      const again = new Date(clock.now().getTime() + waitMs)
      await complete(async () => ({ again, data: timer.data }))
    },
  }))
}

function waitAfter(refused: number): number {
  return Math.min(SHORTEST_WAIT_MS + (refused - 1) * WAIT_PER_REFUSED_MS, LONGEST_WAIT_MS / SPREAD)
}
