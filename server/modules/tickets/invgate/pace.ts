import { InvgateFailure } from './failure.ts'

type PaceParts = {
  /** So many may go in any second. */
  readonly perSecond: number
  readonly monotonicMs: () => number
  readonly sleep: (ms: number) => Promise<unknown>
}

export type Pace = {
  /** Resolves when one more request may go; throws where that would be later than `longestMs` from now. */
  readonly take: (longestMs: number) => Promise<void>
  /** Nothing goes for so long: InvGate has said that it was too much. */
  readonly pauseFor: (ms: number) => void
}

const SECOND_MS = 1_000

export function createPace({ perSecond, monotonicMs, sleep }: PaceParts): Pace {
  // When the last ones went or will go, the oldest first.
  let starts: number[] = []
  let pausedUntilMs = Number.NEGATIVE_INFINITY
  return {
    async take(longestMs) {
      const now = monotonicMs()
      const oldest = starts.length < perSecond ? undefined : starts[0]
      const startMs = Math.max(now, pausedUntilMs, (oldest ?? Number.NEGATIVE_INFINITY) + SECOND_MS)
      const waitMs = startMs - now
      if (waitMs > longestMs) {
        throw new InvgateFailure({
          code: 'resting',
          message: 'too many requests wait for InvGate',
          mayBeDone: false,
          retryAfterMs: waitMs,
        })
      }
      starts = [...starts, startMs].slice(-perSecond)
      if (waitMs > 0) await sleep(waitMs)
    },
    pauseFor(ms) {
      pausedUntilMs = Math.max(pausedUntilMs, monotonicMs() + ms)
    },
  }
}
