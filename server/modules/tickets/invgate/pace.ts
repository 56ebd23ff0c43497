import { InvgateFailure } from './failure.ts'

type PaceParts = {
  /** So many may go at once after a rest, and so many a second from then on. */
  readonly perSecond: number
  readonly monotonicMs: () => number
  readonly sleep: (ms: number) => Promise<unknown>
}

/** Resolves when one more request may go; throws where that would be later than `longestMs` from now. */
export type Pace = (longestMs: number) => Promise<void>

export function createPace({ perSecond, monotonicMs, sleep }: PaceParts): Pace {
  const gapMs = 1_000 / perSecond
  // When a request could have gone had they all kept the gap (the generic cell rate algorithm).
  let nextMs = Number.NEGATIVE_INFINITY
  return async (longestMs) => {
    const now = monotonicMs()
    const earliest = Math.max(nextMs, now)
    const waitMs = earliest - gapMs * (perSecond - 1) - now
    if (waitMs > longestMs) {
      throw new InvgateFailure({
        code: 'resting',
        message: 'too many requests wait for InvGate',
        mayBeDone: false,
        retryAfterMs: waitMs,
      })
    }
    nextMs = earliest + gapMs
    if (waitMs > 0) await sleep(waitMs)
  }
}
