import { type Call, systemCall } from '../call.ts'
import { describeFailure } from '../database/failure.ts'
import { transaction } from '../database/transaction.ts'
import type { EventConsumer } from './consumer.ts'
import { type DeliveryParts, handleEvent } from './deliver.ts'
import type { EventEnvelope } from './envelope.ts'
import { isOutage, pauseMs, TRIES, tellOfFailure } from './failures.ts'
import { listWaiting, lockWaiting, updateInbox } from './inbox.ts'
import { type LeaseToken, requireLease } from './lease.ts'

const RETRIES_AT_ONCE = 50

const call: Call<unknown> = systemCall

/**
 * Tries again what has waited long enough, none before those of its subject that came earlier; answers how many it has
 * tried, and whether anything waits on.
 */
export async function retryEvents(
  parts: DeliveryParts,
  token: LeaseToken,
): Promise<{ readonly tried: number; readonly isAnythingLeft: boolean }> {
  const { db, clock, consumers } = parts
  if (consumers.length === 0) return { tried: 0, isAnythingLeft: false }
  const waiting = await listWaiting(
    db,
    consumers.map(({ name }) => name),
  )
  const now = clock.now()
  const stuck = new Set<string>()
  let tried = 0
  for (const row of waiting) {
    const consumer = consumers.find(({ name }) => name === row.consumer)
    const line = `${row.consumer} ${row.subject}`
    if (consumer === undefined || stuck.has(line)) continue
    const isDue = row.due_at !== null && row.due_at <= now
    if (isDue) tried += 1
    if (!isDue || !(await retryOne(parts, token, { consumer, eventId: row.event_id }))) stuck.add(line)
    if (tried === RETRIES_AT_ONCE) break
  }
  return { tried, isAnythingLeft: waiting.length > 0 }
}

/** Answers whether the next one of its subject may follow. */
async function retryOne(
  { db, clock, metrics, log }: DeliveryParts,
  token: LeaseToken,
  { consumer, eventId }: { readonly consumer: EventConsumer; readonly eventId: string },
): Promise<boolean> {
  const place = { consumer: consumer.name, eventId }
  let tried = 0
  try {
    await transaction(db, call, async (trx) => {
      await requireLease(trx, token)
      const row = await lockWaiting(trx, place)
      if (row === undefined || row.event === null) return
      tried = row.attempts + 1
      // Written by `waitingRow`.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      await handleEvent(consumer, JSON.parse(row.event) as EventEnvelope, trx)
      const now = clock.now()
      const done = { handled_at: now, attempts: tried, due_at: null, last_error: null, event: null }
      await updateInbox(trx, place, done)
    })
    if (tried > 0) metrics.countEvent(consumer.name, 'handled')
    return true
  } catch (error) {
    if (isOutage(error)) throw error
    const now = clock.now()
    const isLast = tried >= TRIES
    await transaction(db, call, async (trx) => {
      await requireLease(trx, token)
      await updateInbox(trx, place, {
        attempts: tried,
        due_at: isLast ? null : new Date(now.getTime() + pauseMs(tried)),
        parked_at: isLast ? now : null,
        last_error: describeFailure(error),
      })
    })
    tellOfFailure({ metrics, log }, { ...place, attempts: tried, error })
    return isLast
  }
}
