/**
 * What goes wrong with a request. Before it is worked on: `delay` answers late, `status` with another status, `html`
 * with a page, `error200` with a failure under 200, `reset_before` breaks the connection, `hang` never answers. After
 * its work is done: `reset_after_commit`, `hang_after_commit` and `status_after_commit` as their names say, `truncate`
 * sends half of the answer, `no_id` an answer that names no record.
 */
export const faultModes = [
  'delay',
  'status',
  'html',
  'error200',
  'reset_before',
  'hang',
  'reset_after_commit',
  'hang_after_commit',
  'status_after_commit',
  'truncate',
  'no_id',
] as const
export type FaultMode = (typeof faultModes)[number]

export type Fault = {
  readonly mode: FaultMode
  /** Any endpoint when none is named. */
  readonly endpoint?: string | undefined
  /** Any method when none is named. */
  readonly method?: string | undefined
  /** How many requests it strikes, 1 when none is named; null until it is cleared. */
  readonly times?: number | null | undefined
  /** The part of the requests that it strikes, 0 to 1; all of them when none is named. */
  readonly share?: number | undefined
  readonly status?: number | undefined
  readonly delayMs?: number | undefined
  /** Seconds for the header Retry-After. */
  readonly retryAfter?: number | null | undefined
}

export type Faults = {
  readonly add: (...faults: readonly Fault[]) => void
  /** The fault that strikes this request, which then counts as one of its times. */
  readonly take: (request: { readonly endpoint: string; readonly method: string }) => Fault | null
  readonly clear: () => void
}

/** The same requests in the same order meet the same faults. */
export function createFaults({ seed = 1 }: { readonly seed?: number } = {}): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = []
  const random = createRandom(seed)
  return {
    add(...faults) {
      waiting.push(
        ...faults.map((fault) => ({
          fault,
          left: fault.times === null ? Number.POSITIVE_INFINITY : (fault.times ?? 1),
        })),
      )
    },
    take({ endpoint, method }) {
      const struck = waiting.find(
        ({ fault, left }) =>
          left > 0 &&
          (fault.endpoint === undefined || fault.endpoint === endpoint) &&
          (fault.method === undefined || fault.method === method) &&
          (fault.share === undefined || random() < fault.share),
      )
      if (struck === undefined) return null
      struck.left -= 1
      return struck.fault
    },
    clear() {
      waiting = []
    },
  }
}

/** Numbers from 0 to 1 by a multiplicative congruential generator (Park and Miller). */
function createRandom(seed: number): () => number {
  const modulus = 2_147_483_647
  let state = seed
  return () => {
    state = (state * 48_271) % modulus
    return state / modulus
  }
}
