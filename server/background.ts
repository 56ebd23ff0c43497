import { deleteOldSessions, type IdentityTables } from '#modules/identity'
import type { KeyValue } from '#platform/cache/key-value'
import type { Clock } from '#platform/clock'
import type { Database } from '#platform/database/open'
import type { Carrier } from '#platform/events/carrier'
import { type EventSignals, startEvents } from '#platform/events/events'
import { clearInbox } from '#platform/events/inbox'
import { EVENTS_LEASE } from '#platform/events/lease'
import { deleteOldIdempotencyKeys } from '#platform/http/idempotency'
import { keepPulse } from '#platform/pulse'
import type { Log } from '#platform/telemetry/log'
import type { Metrics } from '#platform/telemetry/metrics'
import type { TimerService } from '#platform/timers/sweep'
import type { TimerKind } from '#platform/timers/timer'
import type { Modules } from './modules.ts'

const HOUR_MS = 60 * 60 * 1_000

type BackgroundParts = {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly installation: string
  readonly keyValue: KeyValue
  readonly signals: EventSignals
  readonly timers: TimerService
  readonly modules: Modules
  readonly carriers: readonly Carrier[]
}

export type Background = {
  readonly onAdvance: (tell: () => void) => () => void
  readonly brokerState: () => 'up' | 'down' | 'off'
  readonly stop: () => Promise<void>
}

/** Everything that goes on without a request: the relay, the consumers, the timers, and the look at what others do. */
export async function startBackground(parts: BackgroundParts): Promise<Background> {
  const { database, log, timers, modules } = parts
  const kinds = [...modules.timerKinds, createCleanUp(parts)]
  await timers.start(kinds)
  const events = await startEvents({ ...parts, consumers: modules.consumers })
  const stopped = new AbortController()
  const pulse = keepPulse(
    {
      db: database.db,
      log,
      lease: EVENTS_LEASE,
      timerKinds: kinds.map(({ kind }) => kind),
      consumers: modules.consumers.map(({ name }) => name),
      onBeat(beat) {
        events.feel(beat)
        timers.feel(beat.timerAt)
      },
    },
    stopped.signal,
  )
  return {
    onAdvance: events.onAdvance,
    brokerState: events.brokerState,
    async stop() {
      stopped.abort()
      await Promise.allSettled([timers.stop(), events.stop(), pulse])
      await modules.close()
    },
  }
}

/** Removes, every hour, the rows that have served their time. */
function createCleanUp({ database, clock }: Pick<BackgroundParts, 'database' | 'clock'>): TimerKind {
  return {
    kind: 'platform.clean-up',
    standing: 'all',
    async handle(_timer, complete) {
      const now = clock.now()
      await deleteOldIdempotencyKeys(database.db, now)
      await deleteOldSessions(database.db.withTables<IdentityTables>(), now)
      await complete(async (trx) => {
        await clearInbox(trx, now)
        return { again: new Date(now.getTime() + HOUR_MS) }
      })
    },
  }
}
