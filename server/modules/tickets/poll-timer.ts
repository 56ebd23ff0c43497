import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Log } from '#platform/telemetry/log'
import type { TimerKind } from '#platform/timers/timer'
import type { InvgateFailure } from './invgate/failure.ts'
import type { InvgateBridge } from './invgate-bridge.ts'
import type { TicketParts } from './parts.ts'
import { askBatch } from './poll-batch.ts'
import { keepLastPoll, listWatched } from './poll-queries.ts'

/** The kind of the one timer that asks InvGate what has become of the tickets, for ever. */
const POLL = 'invgate.poll'
/** Other instances of this server may take over after so long; a claim holds for twice that. */
const WORK_MS = 10_000
const LONGEST_PAUSE_MS = 60_000
/** So many go into one request of the real one; the simple dialect is asked for one at a time. */
const BATCH = 100

/** Where a round stands. */
type Round = {
  /** The ticket after which to go on; null at its beginning. */
  readonly after: string | null
  /** Whether everything that was asked so far was answered. */
  readonly isWhole: boolean
}
type Stop = { readonly round: Round; readonly why: 'ended' | 'late' | InvgateFailure }

const kept = Compile(Type.Object({ after: Type.String(), isWhole: Type.Boolean() }))

type PollParts = TicketParts & {
  readonly bridge: Pick<InvgateBridge, 'desk' | 'dialect' | 'pollMs'>
  readonly log: Log
}

/**
 * Asks about all watched tickets in rounds, some at a time. A round goes on where it stopped, in whichever process; one
 * that InvGate does not answer goes on later, with those that come next, so that no ticket holds up the others.
 */
export function createPollTimer({ bridge, log, ...parts }: PollParts): TimerKind {
  const { db, clock } = parts
  const { desk, dialect, pollMs } = bridge

  async function goOn(begun: Round): Promise<Stop> {
    const endsMs = performance.now() + WORK_MS
    const limit = dialect === 'simple' ? 1 : BATCH
    let round = begun
    for (;;) {
      const batch = await listWatched({ db, now: clock.now(), after: round.after, limit })
      const last = batch.at(-1)
      if (last === undefined) return { round, why: 'ended' }
      const asked = await askBatch({ ...parts, desk, log }, { batch, endsMs })
      round = { after: asked.upTo ?? round.after, isWhole: round.isWhole && asked.isWhole }
      if (asked.outage !== null) return { round, why: asked.outage }
      if (asked.upTo !== last.id || performance.now() > endsMs) return { round, why: 'late' }
    }
  }

  return {
    kind: POLL,
    standing: 'incidents',
    async handle({ data }, complete) {
      const begun: Round = kept.Check(data) ? data : START
      const first = await goOn(begun)
      // What was left out because InvGate did not answer is not left for another round.
      const isRest = first.why === 'ended' && !begun.isWhole && first.round.after === begun.after
      const { round, why } = isRest ? await goOn(START) : first
      const now = clock.now()
      await complete(async (trx) => {
        if (why === 'ended') {
          if (round.isWhole) await keepLastPoll(trx.withTables(), now)
          return { again: new Date(now.getTime() + pollMs) }
        }
        const pauseMs =
          why === 'late' ? 0 : Math.max(pollMs, Math.min(why.retryAfterMs ?? 0, LONGEST_PAUSE_MS))
        return { again: new Date(now.getTime() + pauseMs), data: round }
      })
    },
  }
}

const START: Round = { after: null, isWhole: true }
