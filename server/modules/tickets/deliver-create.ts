import { setTimeout as delay } from 'node:timers/promises'
import type { QueryExecutorProvider, Transaction } from 'kysely'
import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { AppError } from '#platform/errors'
import { type CreateTicket, createCreateTicket, type Opening } from './create-ticket.ts'
import { outcomeOfFailure } from './deliver-attempt.ts'
import { type DeskParts, describeIncident, keepCreator } from './deliver-incident.ts'
import { type Outcome, settle } from './deliver-outcome.ts'
import { pauseAfter } from './deliver-pauses.ts'
import { type DeliveryRow, findNextDelivery, insertDelivery } from './deliver-queries.ts'
import { DELIVERY, enqueueDelivery } from './deliver-queue.ts'
import { refuseTaken } from './deliver-taken.ts'
import { refuse } from './errors.ts'
import { InvgateFailure } from './invgate/failure.ts'
import { TIMEOUT_MS } from './invgate/timeouts.ts'
import type { TicketParts } from './parts.ts'
import { findTicket, lockTicket, type TicketRow } from './queries.ts'
import type { Ticket } from './schemas.ts'
import type { TicketTables } from './table.ts'
import { attributesOf } from './ticket-changes.ts'
import { toTicket } from './views.ts'

/** When the background looks after what this process has begun and not ended. */
const HELD_MS = TIMEOUT_MS + 5_000
const FIRST = 1

const system: Call<unknown> = systemCall

/** Tickets that are told InvGate afterwards. */
export function createDeferredOpening(parts: TicketParts): Opening {
  return {
    syncState: 'pending',
    async afterOpen(trx, { ticket }) {
      await enqueueDelivery(parts, trx, { ticketId: ticket.id, kind: 'create' })
    },
  }
}

/**
 * Takes a ticket and makes it at InvGate before it answers (D4): first its row, in a transaction of its own, then the
 * incident, then what came of it. A ticket that InvGate does not take is kept all the same, and the refusal says which
 * it is; what may still come of it is seen to in the background.
 */
export function createSyncedCreateTicket(parts: TicketParts, desk: DeskParts): CreateTicket {
  const { db, clock } = parts
  const open = createCreateTicket(parts, createHeldOpening(parts))
  return async function createTicket(call, body) {
    const opened = await open(holding(call, new Date(clock.now().getTime() + HELD_MS)), body)
    const row = await findTicket(db, opened.id)
    const next = await findNextDelivery(db, opened.id)
    if (row === undefined || next === undefined) return opened
    // Somebody in the background who was faster has tried it more often.
    const delivery = { ...next, attempts: FIRST }
    const outcome = await refuseTaken(db, row, await tell({ ...desk, db }, { row, delivery }))
    const answer = await transaction(db, system, async (trx) => {
      await settle(parts, trx, { delivery, outcome, otherwise: 'failed' })
      await setTimer(parts, trx, { ticketId: row.id, outcome })
      return await conclude(trx, call, { id: row.id, outcome })
    })
    if (answer instanceof AppError) throw answer
    return answer
  }
}

/** Begins with the ticket under way to InvGate; the timer is for when this process does not live to see the end. */
function createHeldOpening({ clock, ids, timers }: TicketParts): Opening {
  return {
    syncState: 'pending',
    async afterOpen(trx, { ticket }) {
      const now = clock.now()
      await insertDelivery(trx, {
        id: ids.next(),
        ticket_id: ticket.id,
        kind: 'create',
        payload: '{}',
        state: 'uncertain',
        attempts: FIRST,
        last_error: null,
        sent_at: now,
        done_at: null,
        created_at: now,
        updated_at: now,
      })
      const dueAt = new Date(now.getTime() + HELD_MS)
      await timers.schedule(trx, { kind: DELIVERY, subject: ticket.id, dueAt })
    },
  }
}

/** The first transaction keeps an answer of its own, should there be no second one: nobody knows what came of it. */
function holding(call: Call<Ticket>, until: Date): Call<Ticket> {
  const { companion } = call
  if (companion === undefined) return call
  const finish = async (trx: QueryExecutorProvider, ticket: Ticket) => {
    const sync: Ticket['sync'] = { ...ticket.sync, state: 'uncertain' }
    await companion.hold(trx, refusalOf(cutShort(), { ...ticket, sync }), until)
  }
  return { ...call, companion: { ...companion, finish } }
}

/** Makes the incident within the time that a caller waits. What is sent by then and not answered may be done. */
async function tell(
  desk: DeskParts & Pick<TicketParts, 'db'>,
  { row, delivery }: { readonly row: TicketRow; readonly delivery: DeliveryRow },
): Promise<Outcome> {
  const late = new AbortController()
  const endsMs = performance.now() + TIMEOUT_MS
  let isSent = false
  async function create(): Promise<Outcome> {
    const incident = await describeIncident(desk, row)
    await keepCreator(desk, delivery, incident)
    if (late.signal.aborted) throw timedOut({ isSent })
    isSent = true
    // What leaves later than its time would come after the last look for it.
    const { id } = await desk.bridge.desk.create(incident, { withinMs: endsMs - performance.now() })
    return { what: 'done', delivered: { incidentId: id } }
  }
  async function giveUp(): Promise<Outcome> {
    await delay(TIMEOUT_MS, undefined, { signal: late.signal })
    late.abort()
    throw timedOut({ isSent })
  }
  const [creating, waiting] = [create(), giveUp()]
  // Whichever comes second is heard of no more.
  for (const each of [creating, waiting]) each.catch(() => {})
  try {
    return await Promise.race([creating, waiting])
  } catch (error) {
    if (error instanceof InvgateFailure) return outcomeOfFailure(error)
    throw error
  } finally {
    late.abort()
  }
}

function timedOut({ isSent }: { readonly isSent: boolean }): InvgateFailure {
  return new InvgateFailure({ code: 'timeout', message: 'no answer in time', mayBeDone: isSent })
}

function cutShort(): InvgateFailure {
  const message = 'the server has ended before the answer came'
  return new InvgateFailure({ code: 'unreachable', message, mayBeDone: true })
}

type Ended = { readonly id: string; readonly outcome: Outcome }

/** The last word to the caller, which is also the one to whoever asks the same again. */
async function conclude(
  trx: Transaction<TicketTables>,
  { companion }: Call<Ticket>,
  { id, outcome }: Ended,
): Promise<Ticket | AppError> {
  const row = await lockTicket(trx, id)
  if (row === undefined) throw new TypeError(`the ticket ${id} has gone`)
  const ticket = toTicket(row, await attributesOf(trx, id))
  if (row.invgate_id !== null || !('failure' in outcome)) {
    await companion?.finish(trx, ticket)
    return ticket
  }
  const refusal = refusalOf(outcome.failure, ticket)
  await companion?.refuse(trx, refusal)
  return refusal
}

/** In the words that the callers of the bridge know. */
function refusalOf(failure: InvgateFailure, { id, number, sync }: Ticket): AppError {
  const facts = { ticket_id: id, number, sync_state: sync.state }
  return failure.code === 'timeout'
    ? refuse('invgate_timeout', { details: facts, cause: failure })
    : refuse('invgate_failed', { details: { ...facts, reason: failure.message }, cause: failure })
}

/** The background has nothing to do with what has ended, and begins with what has not. */
async function setTimer(
  { clock, timers }: TicketParts,
  trx: Transaction<TicketTables>,
  { ticketId, outcome }: { readonly ticketId: string; readonly outcome: Outcome },
): Promise<void> {
  const timer = { kind: DELIVERY, subject: ticketId }
  const now = clock.now()
  if (outcome.what === 'open') {
    const { retryAfterMs } = outcome.failure
    const dueAt = new Date(now.getTime() + pauseAfter({ attempts: FIRST, retryAfterMs }))
    return await timers.schedule(trx, { ...timer, dueAt })
  }
  // Somebody may have said something meanwhile.
  const next = await findNextDelivery(trx, ticketId)
  if (next === undefined) return await timers.cancel(trx, timer)
  await timers.schedule(trx, { ...timer, dueAt: now })
}
