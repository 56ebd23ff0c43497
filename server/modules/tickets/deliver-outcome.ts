import type { Transaction } from 'kysely'
import { type Call, systemCall } from '#platform/call'
import { readStatusPayload } from './deliver-payloads.ts'
import { type DeliveryRow, listDeliveryStates, updateDelivery } from './deliver-queries.ts'
import type { Delivered } from './deliver-work.ts'
import type { InvgateFailure } from './invgate/failure.ts'
import type { SyncState } from './lifecycle.ts'
import type { TicketParts } from './parts.ts'
import { lockTicket, type TicketRow, updateTicket } from './queries.ts'
import { seenAfter } from './seen-status.ts'
import type { TicketTables } from './table.ts'
import { changeTicket } from './ticket-changes.ts'

/** How an attempt at a delivery has ended. */
export type Outcome =
  | { readonly what: 'done'; readonly delivered: Delivered }
  /** It is to be tried again; `isUncertain` while InvGate may have done it. */
  | { readonly what: 'open'; readonly failure: InvgateFailure; readonly isUncertain: boolean }
  /** It was not there, and it is too early to say that it will not be. */
  | { readonly what: 'awaited' }
  /** Somebody has to look at it. */
  | { readonly what: 'failed'; readonly failure: InvgateFailure }

type Settlement = {
  /** As it was when the attempt began. */
  readonly delivery: DeliveryRow
  readonly outcome: Outcome
  /** What the ticket is while it cannot be delivered and has not arrived for certain: its caller may have been told. */
  readonly otherwise?: SyncState | undefined
}

const call: Call<unknown> = systemCall

/**
 * Writes down how an attempt has ended, of the delivery and of its ticket, unless somebody else has tried it since:
 * then the answer is null.
 */
export async function settle(
  parts: TicketParts,
  trx: Transaction<TicketTables>,
  { delivery, outcome, otherwise }: Settlement,
): Promise<TicketRow | null> {
  const row = await lockTicket(trx, delivery.ticket_id)
  if (row === undefined) return null
  if (!(await updateDelivery(trx, delivery, columnsAfter(outcome, delivery, parts.clock.now())))) return null
  if (outcome.what === 'done') await keepSaid(trx, outcome.delivered)
  const change = await changeOf(trx, { row, outcome, otherwise })
  const seen = seenIn({ delivery, outcome }, parts.clock.now())
  if (isSame(row, change)) {
    if (seen !== null) await updateTicket(trx, row.id, seen)
    return { ...row, ...seen }
  }
  await changeTicket(parts, trx, {
    call,
    row,
    change: { ...change, ...seen },
    happening: { what: 'updated' },
  })
  return (await lockTicket(trx, row.id)) ?? null
}

/**
 * Where the incident stands by this, as if it had been asked: what is told of it later differs by what somebody there
 * has done. Of a move that InvGate has refused for good nothing is left, so that whatever it says is taken (D7).
 */
function seenIn(
  { delivery, outcome }: Pick<Settlement, 'delivery' | 'outcome'>,
  now: Date,
): Pick<TicketRow, 'invgate_status' | 'invgate_seen_at'> | null {
  const isDone = outcome.what === 'done' && outcome.delivered.note === undefined
  if (delivery.kind === 'create') return isDone ? { invgate_status: 'new', invgate_seen_at: now } : null
  if (delivery.kind !== 'status') return null
  if (outcome.what === 'failed') return { invgate_status: null, invgate_seen_at: now }
  if (!isDone) return null
  return { invgate_status: seenAfter(readStatusPayload(delivery.payload).to), invgate_seen_at: now }
}

function columnsAfter(outcome: Outcome, delivery: DeliveryRow, now: Date): Partial<DeliveryRow> {
  switch (outcome.what) {
    case 'done':
      return { state: 'done', done_at: now, last_error: outcome.delivered.note ?? null, updated_at: now }
    case 'awaited':
      return { updated_at: now }
    case 'failed':
      return { state: 'failed', last_error: errorOf(outcome.failure), updated_at: now }
    case 'open':
      return {
        state: outcome.isUncertain ? 'uncertain' : 'pending',
        last_error: latestError(delivery.last_error, outcome.failure),
        updated_at: now,
      }
  }
}

/** By its key a message is recognised when the talk at InvGate is read; somebody who was faster has read it already. */
async function keepSaid(trx: Transaction<TicketTables>, { said }: Delivered): Promise<void> {
  if (said === undefined) return
  const taken = await trx
    .selectFrom('ticket_messages')
    .select('id')
    .where('invgate_key', '=', said.key)
    .executeTakeFirst()
  if (taken !== undefined) return
  await trx
    .updateTable('ticket_messages')
    .set({ invgate_id: said.commentId, invgate_key: said.key })
    .where('id', '=', said.messageId)
    .execute()
}

type Facts = Omit<Settlement, 'delivery'> & { readonly row: TicketRow }

async function changeOf(
  trx: Transaction<TicketTables>,
  { row, outcome, otherwise }: Facts,
): Promise<Partial<TicketRow>> {
  const left = await listDeliveryStates(trx, row.id)
  const error =
    'failure' in outcome
      ? latestError(row.sync_error, outcome.failure)
      : (left.find(isTroubled)?.last_error ?? null)
  const incidentId =
    outcome.what === 'done' ? (outcome.delivered.incidentId ?? row.invgate_id) : row.invgate_id
  // Where nothing was asked, nothing was tried.
  const isAttempt =
    outcome.what !== 'awaited' && !('failure' in outcome && outcome.failure.code === 'resting')
  return {
    invgate_id: incidentId,
    sync_state: stateOf(left, { row, outcome, otherwise }),
    sync_attempts: row.sync_attempts + (isAttempt ? 1 : 0),
    sync_error: outcome.what === 'awaited' ? row.sync_error : error,
  }
}

function stateOf(left: readonly Pick<DeliveryRow, 'state'>[], { row, outcome, otherwise }: Facts): SyncState {
  const has = (state: string) => left.some((each) => each.state === state)
  if (has('failed')) return 'failed'
  if (has('uncertain')) return 'uncertain'
  if (outcome.what === 'done') return 'synced'
  return otherwise ?? (row.sync_state === 'failed' ? 'failed' : 'pending')
}

function isTroubled({ state }: Pick<DeliveryRow, 'state'>): boolean {
  return state === 'failed' || state === 'uncertain'
}

function isSame(row: TicketRow, change: Partial<TicketRow>): boolean {
  const now: TicketRow = { ...row, ...change }
  return (
    now.invgate_id === row.invgate_id &&
    now.sync_state === row.sync_state &&
    now.sync_attempts === row.sync_attempts &&
    now.sync_error === row.sync_error
  )
}

/** What InvGate last did says more than that it was spared. */
function latestError(earlier: string | null, failure: InvgateFailure): string {
  return failure.code === 'resting' && earlier !== null ? earlier : errorOf(failure)
}

function errorOf({ message }: InvgateFailure): string {
  return message.slice(0, 1_000)
}
