import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { PlatformTables } from '../database/tables.ts'
import { createGiveWay } from '../give-way.ts'
import { type Signal, sleep } from '../signal.ts'
import type { Log } from '../telemetry/log.ts'
import type { Carrier } from './carrier.ts'
import { type DeliveryParts, deliverEvents } from './deliver.ts'
import { LEASE_MS, LeaseLostError, type LeaseToken, renewLease } from './lease.ts'
import { moveOn } from './pass-on.ts'
import { findPublished, PUBLISHED_AT_ONCE, publishEvents } from './publish.ts'
import { catchUpFromLog, findCursor, OWN_LOG, prepareReaders } from './readers.ts'
import { retryEvents } from './retry.ts'
import { SEQUENCED_AT_ONCE, sequenceEvents } from './sequence.ts'

/** What is left of the lease then is enough for several more tries. */
const RENEW_MS = LEASE_MS / 2
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000
const RETRY_LOOK_MS = 500
/** The pulse tells what the signals of this process did not; this is for what nobody has thought of. */
const LOOK_MS = 120_000

export type RelayParts = {
  readonly db: Kysely<PlatformTables>
  readonly clock: Clock
  readonly log: Log
  /** The name of this process at the lease. */
  readonly holder: string
  readonly installation: string
  readonly delivery: DeliveryParts
  readonly carriers: readonly Carrier[]
  /** Told when something was committed that has no position yet. */
  readonly committed: Signal
  /** Told when positions were given. */
  readonly advanced: Signal
  /** Told when an event has begun to wait, or is to be replayed. */
  readonly waiting: Signal
}

/** Does everything that the holder of the lease alone may do, until the lease is lost or the signal says stop. */
export async function serveTerm(parts: RelayParts, token: LeaseToken, stop: AbortSignal): Promise<void> {
  const term = new AbortController()
  const end = (): void => term.abort()
  stop.addEventListener('abort', end, { once: true })
  if (stop.aborted) end()
  const { signal } = term
  const run = async (name: string, loop: () => Promise<void>): Promise<void> => {
    await keepTrying({ name, log: parts.log, signal, lose: end }, loop)
  }
  const broker = parts.carriers.find(({ name }) => name === 'nats') ?? parts.carriers[0]
  await Promise.all([
    run('the lease', async () => await keepLease(parts, token, signal)),
    ...(broker === undefined
      ? [run('the log', async () => await keepPassingOn(parts, token, signal))]
      : [
          run('the sequence', async () => await keepSequencing(parts, token, signal)),
          run('reading', async () => await keepReading(parts, { token, broker, signal })),
        ]),
    ...parts.carriers.map(async (carrier) => {
      await run(
        `publishing to ${carrier.name}`,
        async () => await keepPublishing(parts, { token, carrier, signal }),
      )
    }),
    run('retrying', async () => await keepRetrying(parts, token, signal)),
  ])
  stop.removeEventListener('abort', end)
}

type Trying = {
  readonly name: string
  readonly log: Log
  readonly signal: AbortSignal
  readonly lose: () => void
}

/** Begins a loop again after a pause when it fails; a lost lease ends the term. */
async function keepTrying({ name, log, signal, lose }: Trying, loop: () => Promise<void>): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS
  while (!signal.aborted) {
    const startedAt = performance.now()
    try {
      await loop()
    } catch (error) {
      if (error instanceof LeaseLostError) {
        log.info({ loop: name }, 'another process has taken over the events')
        lose()
        return
      }
      if (performance.now() - startedAt > LONGEST_PAUSE_MS * 2) pauseMs = FIRST_PAUSE_MS
      // The first of a series says it all; the others would fill the log for as long as an outage lasts.
      const level = pauseMs === FIRST_PAUSE_MS ? 'warn' : 'debug'
      log[level]({ err: error, loop: name }, 'events are held up; further tries follow')
      await sleep(pauseMs * (0.5 + Math.random() / 2), { stop: signal })
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }
}

async function keepLease(parts: RelayParts, token: LeaseToken, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await renewLease(parts, token)
    await sleep(RENEW_MS, { stop: signal })
  }
}

/** What the sequence and reading are where there is no broker. */
async function keepPassingOn(parts: RelayParts, token: LeaseToken, signal: AbortSignal): Promise<void> {
  const { db, clock, delivery, installation, advanced } = parts
  const committed = parts.committed.listener()
  const giveWay = createGiveWay()
  try {
    await prepareReaders({ db, clock, token, readers: [OWN_LOG], consumers: delivery.consumers })
    let position = Number((await findCursor(db, OWN_LOG)) ?? 0)
    let isBehind = true
    let isMore = true
    const log = { parts: delivery, token, installation, advanced }
    while (!signal.aborted) {
      if (!isMore) await committed.wait(LOOK_MS, signal)
      ;({ position, isBehind, isMore } = await moveOn(log, { position, isBehind }))
      await giveWay()
    }
  } finally {
    committed.close()
  }
}

async function keepSequencing(parts: RelayParts, token: LeaseToken, signal: AbortSignal): Promise<void> {
  const committed = parts.committed.listener()
  const giveWay = createGiveWay()
  try {
    while (!signal.aborted) {
      const count = await sequenceEvents({ db: parts.db, token })
      if (count > 0) parts.advanced.tell()
      if (count < SEQUENCED_AT_ONCE) await committed.wait(LOOK_MS, signal)
      await giveWay()
    }
  } finally {
    committed.close()
  }
}

type Publishing = { readonly token: LeaseToken; readonly carrier: Carrier; readonly signal: AbortSignal }

async function keepPublishing(
  { db, installation, advanced }: RelayParts,
  { token, carrier, signal }: Publishing,
): Promise<void> {
  const told = advanced.listener()
  try {
    const parts = { db, token, installation, carrier }
    let position = await findPublished(parts)
    while (!signal.aborted) {
      const next = await publishEvents(parts, position)
      if (next - position < PUBLISHED_AT_ONCE) await told.wait(LOOK_MS, signal)
      position = next
    }
  } finally {
    told.close()
  }
}

type Reading = { readonly token: LeaseToken; readonly broker: Carrier; readonly signal: AbortSignal }

async function keepReading(parts: RelayParts, { token, broker, signal }: Reading): Promise<void> {
  const { db, clock, delivery, installation } = parts
  const readers = [OWN_LOG, broker.name]
  await prepareReaders({ db, clock, token, readers, consumers: delivery.consumers })
  await catchUpFromLog({ parts: delivery, token, installation }, signal)
  if (signal.aborted) return
  await broker.read({
    from: await findCursor(db, broker.name),
    signal,
    deliver: async ({ events, cursor }) => {
      await deliverEvents(delivery, { token, reader: broker.name, cursor }, events)
    },
  })
}

async function keepRetrying(parts: RelayParts, token: LeaseToken, signal: AbortSignal): Promise<void> {
  const told = parts.waiting.listener()
  try {
    while (!signal.aborted) {
      const { tried, isAnythingLeft } = await retryEvents(parts.delivery, token)
      if (tried === 0) await told.wait(isAnythingLeft ? RETRY_LOOK_MS : LOOK_MS, signal)
    }
  } finally {
    told.close()
  }
}
