import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { Outcome } from './deliver-outcome.ts'
import { type DeliveryRow, updateDelivery } from './deliver-queries.ts'
import { refuseTaken } from './deliver-taken.ts'
import type { DeliveryWork } from './deliver-work.ts'
import { InvgateFailure } from './invgate/failure.ts'
import { TIMEOUT_MS } from './invgate/timeouts.ts'
import type { TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'

/**
 * So long after a request was begun, InvGate does no more of what it has not done by then: a request leaves, and is
 * given up, within the first 15 s, and InvGate's own limit for one is 30 s.
 */
export const SETTLED_MS = TIMEOUT_MS + 30_000

const call: Call<unknown> = systemCall

type AttemptParts = Pick<TicketParts, 'db' | 'clock'> & { readonly work: DeliveryWork }
type Task = { readonly row: TicketRow; readonly delivery: DeliveryRow }
type Tried = { readonly delivery: DeliveryRow; readonly outcome: Outcome }

/**
 * Tries a delivery once. What InvGate may have done is looked for first, and done only if it is not there and nothing
 * of it can be under way any more (D5). Answers null where somebody else is at it.
 */
export async function attempt(parts: AttemptParts, task: Task): Promise<Tried | null> {
  const tried = await tryOnce(parts, task)
  return tried === null ? null : { ...tried, outcome: await refuseTaken(parts.db, task.row, tried.outcome) }
}

async function tryOnce(parts: AttemptParts, { row, delivery }: Task): Promise<Tried | null> {
  if (delivery.state !== 'uncertain') return await send(parts, { row, delivery })
  if (isAwaited(delivery, parts.clock.now())) return null
  const looked = await begin(parts, delivery, { isSending: false })
  if (looked === null) return null
  const found = await outcomeOf(async () => await parts.work.look({ row, delivery: looked }))
  if (found instanceof InvgateFailure)
    return { delivery: looked, outcome: { what: 'open', failure: found, isUncertain: true } }
  if (found !== null) return { delivery: looked, outcome: { what: 'done', delivered: found } }
  if (settledAt(looked) > parts.clock.now()) return { delivery: looked, outcome: { what: 'awaited' } }
  return await send(parts, { row, delivery: looked })
}

async function send(parts: AttemptParts, { row, delivery }: Task): Promise<Tried | null> {
  // Asking InvGate for what the request needs may take as long as the request, whose time begins only then.
  const request = await outcomeOf(async () => await parts.work.prepare({ row, delivery }))
  const isReady = !(request instanceof InvgateFailure)
  const begun = await begin(parts, delivery, { isSending: isReady })
  if (begun === null) return null
  if (!isReady) return { delivery: begun, outcome: outcomeOfFailure(request) }
  const done = await outcomeOf(request)
  if (done instanceof InvgateFailure) return { delivery: begun, outcome: outcomeOfFailure(done) }
  return { delivery: begun, outcome: { what: 'done', delivered: done } }
}

export function outcomeOfFailure(failure: InvgateFailure): Outcome {
  const { mayBeDone: isUncertain, isPassing } = failure
  return isUncertain || isPassing ? { what: 'open', failure, isUncertain } : { what: 'failed', failure }
}

/** Whether whoever has sent it still waits for the answer: nothing was written down since, and it is not too late. */
function isAwaited({ sent_at: sentAt, updated_at: updatedAt }: DeliveryRow, now: Date): boolean {
  if (sentAt === null || updatedAt.getTime() !== sentAt.getTime()) return false
  return now.getTime() < sentAt.getTime() + TIMEOUT_MS
}

/** From when on a look says for certain whether it was done. */
export function settledAt({ sent_at: sentAt }: DeliveryRow): Date {
  return new Date((sentAt?.getTime() ?? 0) + SETTLED_MS)
}

/** Notes the attempt before it is made: whoever comes after the end of this process knows that it may have arrived. */
async function begin(
  { db, clock }: AttemptParts,
  delivery: DeliveryRow,
  { isSending }: { readonly isSending: boolean },
): Promise<DeliveryRow | null> {
  const now = clock.now()
  const change = {
    attempts: delivery.attempts + 1,
    updated_at: now,
    ...(isSending ? { state: 'uncertain', sent_at: now } : {}),
  }
  const isOurs = await transaction(db, call, async (trx) => await updateDelivery(trx, delivery, change))
  return isOurs ? { ...delivery, ...change } : null
}

async function outcomeOf<Result>(work: () => Promise<Result>): Promise<Result | InvgateFailure> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof InvgateFailure) return error
    throw error
  }
}
