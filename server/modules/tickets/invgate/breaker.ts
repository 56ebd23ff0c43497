import { InvgateFailure } from './failure.ts'

export type Breaker = {
  /** Throws while InvGate rests. */
  readonly enter: () => void
  readonly succeeded: () => void
  readonly failed: () => void
}

type BreakerParts = {
  /** So many failures in a row, with no success between them, open it. */
  readonly threshold: number
  /** While it is open, one request in this time may try. */
  readonly probeEveryMs: number
  /** In ms, never going back. */
  readonly monotonicMs: () => number
}

/** Spares a service that is down, and us the waiting: after failures in a row only a probe now and then gets through. */
export function createBreaker({ threshold, probeEveryMs, monotonicMs }: BreakerParts): Breaker {
  let failures = 0
  let probeAt = 0
  return {
    enter() {
      if (failures < threshold) return
      const waitMs = probeAt - monotonicMs()
      if (waitMs > 0) {
        throw new InvgateFailure({
          code: 'resting',
          message: 'InvGate did not answer a moment ago',
          mayBeDone: false,
          retryAfterMs: waitMs,
        })
      }
      probeAt = monotonicMs() + probeEveryMs
    },
    succeeded() {
      failures = 0
    },
    failed() {
      failures += 1
      if (failures >= threshold) probeAt = monotonicMs() + probeEveryMs
    },
  }
}
