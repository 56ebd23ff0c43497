import { setTimeout as delay } from 'node:timers/promises'
import type { InvgateSimulator } from '#simulators/invgate'
import type { Fleet } from './load-fleet.ts'

type TroubleOptions = {
  readonly sim: InvgateSimulator
  readonly fleet: Pick<Fleet, 'killAndRestart' | 'servers'>
  readonly random: () => number
  readonly kills: number
  readonly hangMs: number
  /** So long no connection is taken, and until the outage has been noticed. */
  readonly outageMs: number
  readonly hasBeenNoticed: () => boolean
  /** Of all of it, the outage included. */
  readonly lastingMs: number
  /** Ends it before its time. */
  readonly signal: AbortSignal
}

export type Trouble = {
  readonly isOut: () => boolean
  readonly isOver: () => boolean
  readonly bursts: () => number
  /** Resolves when InvGate answers as it should again and nobody is killed any more. */
  readonly over: Promise<void>
}

const BURST_MS = 500
const CREATE = { endpoint: 'incident', method: 'POST' } as const

/**
 * Lets everything go wrong between the server and InvGate at once: 30 % of all answers are lost after the work is
 * done, some come as a page, cut in half or without the id, some requests hang and are done late, some are never done;
 * many are refused in bursts; no connection is taken for a while in the middle; and the server's processes are killed.
 */
export function makeTrouble(options: TroubleOptions): Trouble {
  const { sim, hangMs, outageMs, lastingMs, random, signal } = options
  let isOut = false
  let bursts = 0
  const over = new AbortController()

  async function burstAgainAndAgain(): Promise<void> {
    while (!over.signal.aborted) {
      await delay(1_500 + random() * 2_500, undefined, { signal: over.signal }).catch(() => {})
      if (over.signal.aborted || isOut) continue
      const isBusy = random() < 0.5
      sim.faults.clear()
      sim.faults.add(
        isBusy
          ? { mode: 'status', status: 429, times: null, ...(random() < 0.5 ? { retryAfter: 1 } : {}) }
          : { mode: random() < 0.5 ? 'status' : 'status_after_commit', status: 503, times: null },
      )
      await delay(BURST_MS)
      sim.faults.clear()
      if (over.signal.aborted) return
      // However few tickets there are, some are refused.
      sim.faults.add({ mode: 'error200', ...CREATE })
      addLasting()
      bursts += 1
    }
  }

  function addLasting(): void {
    const always = { times: null }
    sim.faults.add(
      { mode: 'delay', delayMs: hangMs, share: 0.01, ...always },
      { mode: 'hang_after_commit', share: 0.01, ...always, ...CREATE },
      { mode: 'hang', share: 0.01, ...always, ...CREATE },
      { mode: 'no_id', share: 0.03, ...always, ...CREATE },
      { mode: 'html', status: 200, share: 0.02, ...always },
      { mode: 'html', status: 502, share: 0.02, ...always },
      { mode: 'truncate', share: 0.02, ...always },
      { mode: 'reset_before', share: 0.03, ...always },
      { mode: 'reset_after_commit', share: 0.3, ...always },
    )
  }

  async function goOutInTheMiddle(): Promise<void> {
    await delay((lastingMs - outageMs) / 2, undefined, { signal })
    await sim.goDown()
    isOut = true
    await delay(outageMs, undefined, { signal })
    while (!options.hasBeenNoticed()) await delay(100, undefined, { signal })
    isOut = false
    await sim.comeBack()
  }

  async function killAgainAndAgain(): Promise<void> {
    const { fleet, kills } = options
    const everyMs = lastingMs / (kills + 1)
    const startedAt = performance.now()
    for (let kill = 1; kill <= kills; kill += 1) {
      const dueAt = startedAt + everyMs * (kill - 0.5 + random())
      await delay(Math.max(0, dueAt - performance.now()), undefined, { signal })
      await fleet.killAndRestart(Math.floor(random() * fleet.servers().length))
    }
  }

  async function begin(): Promise<void> {
    sim.faults.add({ mode: 'delay', delayMs: hangMs, ...CREATE })
    addLasting()
    try {
      void burstAgainAndAgain()
      await Promise.all([killAgainAndAgain(), goOutInTheMiddle(), delay(lastingMs, undefined, { signal })])
    } finally {
      over.abort()
      sim.faults.clear()
    }
  }

  return { isOut: () => isOut, isOver: () => over.signal.aborted, bursts: () => bursts, over: begin() }
}
