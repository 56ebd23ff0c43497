import type { Insertable, Kysely, Transaction } from 'kysely'
import { type Call, systemCall } from '../call.ts'
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import { describeFailure } from '../database/failure.ts'
import type { InboxTable, PlatformTables } from '../database/tables.ts'
import { transaction } from '../database/transaction.ts'
import { createGiveWay } from '../give-way.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { continueTrace } from '../telemetry/traces.ts'
import { type EventConsumer, isWanted } from './consumer.ts'
import type { EventEnvelope } from './envelope.ts'
import { isOutage, pauseMs, tellOfFailure } from './failures.ts'
import { findKnown, handledRow, insertInbox, waitingRow } from './inbox.ts'
import { type LeaseToken, requireLease } from './lease.ts'

export type DeliveryParts = {
  readonly db: Kysely<PlatformTables>
  readonly clock: Clock
  /** Of this database. */
  readonly installation: string
  readonly consumers: readonly EventConsumer[]
  readonly metrics: Pick<Metrics, 'countEvent'>
  readonly log: Log
  /** Called when an event has begun to wait for another try. */
  readonly onWaiting: () => void
}

/** Where a batch came from, and where its reader goes on after it. */
export type Source = { readonly token: LeaseToken; readonly reader: string; readonly cursor: string }

const call: Call<unknown> = systemCall

/**
 * Has events take effect: the inbox rows, the effects and the reader's cursor are one transaction. When a consumer
 * throws, each event gets a transaction of its own at each consumer, and those that fail wait in the inbox.
 * Rejects when the database is away or the lease is lost; then nothing has moved on and the batch may come again.
 */
export async function deliverEvents(
  parts: DeliveryParts,
  source: Source,
  events: readonly EventEnvelope[],
): Promise<void> {
  try {
    await deliverTogether(parts, source, events)
  } catch (error) {
    if (isOutage(error)) throw error
    await deliverOneByOne(parts, source, events)
  }
}

async function deliverTogether(
  parts: DeliveryParts,
  source: Source,
  events: readonly EventEnvelope[],
): Promise<void> {
  crashPoint('reader.before-transaction')
  const handled = await transaction(parts.db, call, async (trx) => {
    await requireLease(trx, source.token)
    return await takeEffect(trx, parts, { source, events })
  })
  crashPoint('reader.after-transaction')
  countHandled(parts, handled)
}

type Batch = { readonly source: Pick<Source, 'reader' | 'cursor'>; readonly events: readonly EventEnvelope[] }

/**
 * Has events take effect in a transaction of whoever holds the lease. Answers who has handled one, a name for each, to
 * be counted when it is committed.
 */
export async function takeEffect(
  trx: Transaction<PlatformTables>,
  parts: DeliveryParts,
  { source, events }: Batch,
): Promise<readonly string[]> {
  const { installation, consumers } = parts
  const wanted = events.filter((event) =>
    consumers.some((consumer) => isWanted(consumer, event, installation)),
  )
  const rows = wanted.length === 0 ? [] : await handleWanted(trx, parts, wanted)
  await insertInbox(trx, rows)
  await moveCursor(trx, source)
  crashPoint('reader.within-transaction')
  return rows.filter((row) => row.handled_at !== null).map(({ consumer }) => consumer)
}

export function countHandled(
  { metrics }: Pick<DeliveryParts, 'metrics'>,
  consumers: readonly string[],
): void {
  for (const consumer of consumers) metrics.countEvent(consumer, 'handled')
}

async function handleWanted(
  trx: Transaction<PlatformTables>,
  { clock, installation, consumers, metrics }: DeliveryParts,
  wanted: readonly EventEnvelope[],
): Promise<Insertable<InboxTable>[]> {
  const now = clock.now()
  const names = consumers.map(({ name }) => name)
  const known = await findKnown(trx, { consumers: names, events: wanted, now })
  const seen = new Set(known.seen)
  const rows: Insertable<InboxTable>[] = []
  const giveWay = createGiveWay()
  for (const event of wanted) {
    await giveWay()
    for (const consumer of consumers) {
      if (!isWanted(consumer, event, installation)) continue
      const key = `${consumer.name} ${event.id}`
      if (seen.has(key)) {
        metrics.countEvent(consumer.name, 'duplicate')
        continue
      }
      seen.add(key)
      if (known.waiting.has(`${consumer.name} ${event.subject}`)) {
        rows.push(behind(consumer, event, now))
        continue
      }
      await handleEvent(consumer, event, trx)
      rows.push(handledRow(consumer.name, event, now))
    }
  }
  return rows
}

async function deliverOneByOne(
  parts: DeliveryParts,
  source: Source,
  events: readonly EventEnvelope[],
): Promise<void> {
  const { db, installation, consumers } = parts
  for (const event of events) {
    for (const consumer of consumers) {
      if (isWanted(consumer, event, installation)) await deliverOne(parts, source, { consumer, event })
    }
  }
  await transaction(db, call, async (trx) => {
    await requireLease(trx, source.token)
    await moveCursor(trx, source)
  })
}

type Pair = { readonly consumer: EventConsumer; readonly event: EventEnvelope }

async function deliverOne(
  { db, clock, metrics, log, onWaiting }: DeliveryParts,
  { token }: Pick<Source, 'token'>,
  { consumer, event }: Pair,
): Promise<void> {
  const now = clock.now()
  try {
    const isHandled = await transaction(db, call, async (trx) => {
      await requireLease(trx, token)
      const known = await findKnown(trx, { consumers: [consumer.name], events: [event], now })
      if (known.seen.has(`${consumer.name} ${event.id}`)) return false
      if (known.waiting.has(`${consumer.name} ${event.subject}`)) {
        await insertInbox(trx, [behind(consumer, event, now)])
        return false
      }
      await handleEvent(consumer, event, trx)
      await insertInbox(trx, [handledRow(consumer.name, event, now)])
      return true
    })
    if (isHandled) metrics.countEvent(consumer.name, 'handled')
  } catch (error) {
    if (isOutage(error)) throw error
    crashPoint('reader.before-failure-noted')
    const failure = {
      attempts: 1,
      due_at: new Date(now.getTime() + pauseMs(1)),
      last_error: describeFailure(error),
    }
    await transaction(db, call, async (trx) => {
      await requireLease(trx, token)
      await insertInbox(trx, [waitingRow({ consumer: consumer.name, event, now, ...failure })])
    })
    crashPoint('reader.after-failure-noted')
    onWaiting()
    tellOfFailure({ metrics, log }, { consumer: consumer.name, eventId: event.id, attempts: 1, error })
  }
}

/** An event that must wait until an earlier one of its subject has had its effect. */
function behind(consumer: EventConsumer, event: EventEnvelope, now: Date): Insertable<InboxTable> {
  return waitingRow({ consumer: consumer.name, event, now, attempts: 0, due_at: now, last_error: null })
}

export async function handleEvent(
  consumer: EventConsumer,
  event: EventEnvelope,
  trx: Transaction<PlatformTables>,
): Promise<void> {
  const name = `${consumer.name} ${event.type}`
  await continueTrace({ name, traceparent: event.traceparent }, async () => await consumer.handle(event, trx))
}

/** The row is there from the start of the term on. */
async function moveCursor(
  trx: Transaction<PlatformTables>,
  { reader, cursor }: Pick<Source, 'reader' | 'cursor'>,
): Promise<void> {
  await trx.updateTable('event_readers').set({ cursor }).where('name', '=', reader).execute()
}
