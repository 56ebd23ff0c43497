import type { KeyValue } from '../cache/key-value.ts'
import type { Clock } from '../clock.ts'
import type { Notice } from '../database/notify.ts'
import type { Database } from '../database/open.ts'
import type { Pulse } from '../pulse.ts'
import { within } from '../shutdown.ts'
import { createSignal, type Signal, sleep } from '../signal.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { createCacheNotifier } from './cache-notifier.ts'
import type { Carrier } from './carrier.ts'
import type { EventConsumer } from './consumer.ts'
import {
  acquireLease,
  createLeaseWatch,
  LEASE_MS,
  LeaseLostError,
  nameHolder,
  releaseLease,
} from './lease.ts'
import { type RelayParts, serveTerm } from './term.ts'

const PAUSE_MS = 1_000
/** At the stop, what is on its way to a broker is waited for so long. */
const CARRIER_MS = 1_000

/** What wakes the parts of this process; made before them all, because the outbox tells it of commits. */
export type EventSignals = {
  readonly committed: Signal
  readonly advanced: Signal
  readonly waiting: Signal
}

export function createEventSignals(): EventSignals {
  return { committed: createSignal(), advanced: createSignal(), waiting: createSignal() }
}

type EventsParts = {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Pick<Metrics, 'countEvent'>
  readonly installation: string
  /** Wakes the other processes where the database cannot. */
  readonly keyValue: Pick<KeyValue, 'publish' | 'subscribe'>
  readonly signals: EventSignals
  readonly consumers: readonly EventConsumer[]
  /** None: consumers read the log of this database. */
  readonly carriers: readonly Carrier[]
}

export type Events = {
  /** Has a function called when there may be new events in the log, of this process or another. */
  readonly onAdvance: (tell: () => void) => () => void
  /** Takes what the pulse has found to whom it concerns. */
  readonly feel: (pulse: Pulse) => void
  /** `off` without a broker. */
  readonly brokerState: () => 'up' | 'down' | 'off'
  /** Ends what is under way, hands the lease over, and lets go of the brokers. */
  readonly stop: () => Promise<void>
}

/** Begins to relay and to handle events, as soon as this process gets the lease, for as long as it runs. */
export async function startEvents(parts: EventsParts): Promise<Events> {
  const { database, clock, log, carriers, signals } = parts
  const { db } = database
  const stop = new AbortController()
  const holder = nameHolder()
  const vacant = createSignal()
  let isHolder = false
  let isHearsay = false
  let head = 0
  /** Wakes this process without telling the others what they know already. */
  const passOn = (signal: Signal): void => {
    isHearsay = true
    signal.tell()
    isHearsay = false
  }
  // Commits concern whoever holds the lease, and positions everybody else.
  const onNotice = (notice: Notice): void => {
    if (isHolder === (notice === 'committed')) passOn(signals[notice])
  }
  const notifier = (await database.openNotifier?.(onNotice)) ?? createCacheNotifier({ ...parts, onNotice })
  const unsubscribe = [
    signals.committed.subscribe(() => {
      if (!isHolder && !isHearsay) notifier.tell('committed')
    }),
    signals.advanced.subscribe(() => {
      if (isHolder && !isHearsay) notifier.tell('advanced')
    }),
  ]
  const relay: RelayParts = {
    db,
    clock,
    log,
    holder,
    installation: parts.installation,
    delivery: { ...parts, db, onWaiting: signals.waiting.tell },
    carriers,
    ...signals,
  }

  async function serveTerms(): Promise<void> {
    const vacancy = vacant.listener()
    const isAbandoned = createLeaseWatch()
    while (!stop.signal.aborted) {
      try {
        const lease = await acquireLease({ ...relay, isAbandoned })
        if ('token' in lease) {
          isHolder = true
          await serveTerm(relay, lease.token, stop.signal)
          isHolder = false
          if (stop.signal.aborted) await releaseLease(relay, lease.token)
        } else {
          const leftMs = lease.heldUntil.getTime() - clock.now().getTime()
          await vacancy.wait(Math.min(Math.max(leftMs, 50), LEASE_MS), stop.signal)
        }
      } catch (error) {
        isHolder = false
        if (!(error instanceof LeaseLostError))
          log.debug({ err: error }, 'the lease of the events is out of reach')
        await sleep(PAUSE_MS, { stop: stop.signal })
      }
    }
  }
  const serving = serveTerms()

  return {
    onAdvance: signals.advanced.subscribe,
    feel(pulse) {
      if (pulse.isPending) passOn(signals.committed)
      if (pulse.head !== head) passOn(signals.advanced)
      head = pulse.head
      if (!isHolder && (pulse.leaseUntil === null || pulse.leaseUntil <= clock.now())) vacant.tell()
      if (pulse.waitingSince !== null && pulse.waitingSince <= clock.now()) signals.waiting.tell()
    },
    brokerState() {
      if (carriers.length === 0) return 'off'
      return carriers.every((carrier) => carrier.state() === 'up') ? 'up' : 'down'
    },
    async stop() {
      stop.abort()
      // A publication to a broker that hangs ends when its carrier does; the next holder publishes it again.
      await within(CARRIER_MS, serving)
      await Promise.allSettled(carriers.map(async (carrier) => await carrier.close()))
      await serving
      for (const end of unsubscribe) end()
      await notifier.close()
    },
  }
}
