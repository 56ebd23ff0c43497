import type { Transaction } from 'kysely'
import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { CLOCKS_MS } from './deliver-incident.ts'
import type { TicketHappening } from './events.ts'
import type { InvgateComment, InvgateIncident, InvgateStatus } from './invgate/contract.ts'
import { columnsOf, type Move } from './move-ticket.ts'
import type { TicketParts } from './parts.ts'
import { mergeComments } from './poll-comments.ts'
import {
  findFailedSolution,
  findMadeAt,
  findSolutionSince,
  findStateBegin,
  listMoves,
} from './poll-queries.ts'
import {
  besidesMove,
  type Heard,
  hear,
  moveFor,
  ratingToTake,
  showsSolution,
  statusToTake,
} from './poll-rules.ts'
import { lockTicket, type TicketRow, updateTicket } from './queries.ts'
import { GONE_TEXT, seenOf } from './seen-status.ts'
import type { TicketTables } from './table.ts'
import { changeTicket } from './ticket-changes.ts'
import { statusOf } from './views.ts'

const call: Call<unknown> = systemCall

/** What InvGate says of a ticket. */
export type Told = {
  readonly ticketId: string
  readonly incident: InvgateIncident
  /** Before the question was sent. */
  readonly askedAt: Date
  /** Null where it was not asked for. */
  readonly talk: { readonly comments: readonly InvgateComment[]; readonly askedAt: Date } | null
}

/** Takes over what has become of an incident, all of it or nothing (D7). To do so again changes nothing. */
export async function takeOver(
  parts: TicketParts,
  { ticketId, incident, askedAt, talk }: Told,
): Promise<void> {
  await transaction(parts.db, call, async (trx) => {
    const row = await lockCurrent(trx, { ticketId, askedAt })
    if (row === null || row.invgate_id !== incident.id) return
    const now = parts.clock.now()
    const at = { ...parts, clock: { now: () => now } }
    if (isAnother(incident, await findMadeAt(trx, row.id))) return await forget(at, trx, row)
    const moves = await listMoves(trx, row.id)
    const { comments } = talk ?? { comments: [] }
    const fresh = await mergeComments(at, trx, { row, incidentId: incident.id, comments, moves })
    const isMoving = moves.some(({ state }) => state === 'pending' || state === 'uncertain')
    const status = statusToTake({ row, status: incident.status, isMoving })
    const heard = hear(fresh, row.customer_id)
    const seen = seenColumns({ row, incident, isMoving, readAt: talk?.askedAt ?? null }, now)
    const change = await changeOf(trx, { row, incident, status, heard, now })
    if (change === null) return await updateTicket(trx, row.id, seen)
    await changeTicket(at, trx, { call, row, ...change, change: { ...change.change, ...seen } })
  })
}

/** Notes once that InvGate no longer knows of an incident; the ticket goes on as it is. */
export async function noteGone(
  parts: TicketParts,
  { ticketId, askedAt }: Pick<Told, 'ticketId' | 'askedAt'>,
): Promise<void> {
  await transaction(parts.db, call, async (trx) => {
    const row = await lockCurrent(trx, { ticketId, askedAt })
    if (row !== null) await forget(parts, trx, row)
  })
}

async function forget(parts: TicketParts, trx: Transaction<TicketTables>, row: TicketRow): Promise<void> {
  if (row.invgate_status === 'gone') return
  const change = { sync_error: GONE_TEXT, invgate_status: 'gone', invgate_seen_at: parts.clock.now() }
  await changeTicket(parts, trx, { call, row, change, happening: { what: 'updated' } })
}

/** One that was made after ours is somebody else's: an InvGate that was put back to an older state counts anew. */
function isAnother({ createdAt }: InvgateIncident, madeAt: Date | null): boolean {
  return createdAt !== null && madeAt !== null && createdAt.getTime() > madeAt.getTime() + CLOCKS_MS
}

/** Locks a ticket unless it goes on elsewhere, or more is known of it already than the answer can tell. */
async function lockCurrent(
  trx: Transaction<TicketTables>,
  { ticketId, askedAt }: Pick<Told, 'ticketId' | 'askedAt'>,
): Promise<TicketRow | null> {
  const row = await lockTicket(trx, ticketId)
  if (row === undefined || row.merged_into_id !== null) return null
  return row.invgate_seen_at !== null && row.invgate_seen_at >= askedAt ? null : row
}

type Seeing = {
  readonly row: TicketRow
  readonly incident: InvgateIncident
  readonly isMoving: boolean
  readonly readAt: Date | null
}

/** What is remembered of the incident. Of a status that is not taken yet nothing is. */
function seenColumns({ row, incident, isMoving, readAt }: Seeing, now: Date): Partial<TicketRow> {
  const { status, updatedAt } = incident
  const invgateStatus = status === null || isMoving ? row.invgate_status : seenOf(status)
  const isNew =
    invgateStatus !== row.invgate_status || updatedAt?.getTime() !== row.invgate_updated_at?.getTime()
  return {
    invgate_status: invgateStatus,
    invgate_updated_at: updatedAt,
    ...(isNew ? { invgate_seen_at: now } : {}),
    ...(readAt === null ? {} : { invgate_read_at: readAt }),
  }
}

type Evidence = {
  readonly row: TicketRow
  readonly incident: InvgateIncident
  /** The one to be taken. */
  readonly status: InvgateStatus | null
  readonly heard: Heard
  readonly now: Date
}

type Change = { readonly change: Partial<TicketRow>; readonly happening: TicketHappening }

/** What changes of the ticket by all this; null where nothing does. */
async function changeOf(trx: Transaction<TicketTables>, evidence: Evidence): Promise<Change | null> {
  const { row, incident, heard, now } = evidence
  const rating = ratingToTake(row, incident)
  const besides: Partial<TicketRow> = {
    ...(rating === null ? {} : { rating }),
    ...(heard.respondedAt === null || row.responded_at !== null
      ? {}
      : { responded_at: momentOf(heard.respondedAt, row, now) }),
    ...(row.invgate_status === 'gone' && row.sync_error === GONE_TEXT ? { sync_error: null } : {}),
  }
  const moved = await moveOf(trx, evidence)
  if (moved !== null) {
    const happening = { what: 'status_changed', previousStatus: statusOf(row) } as const
    return { change: { ...besides, ...moved }, happening }
  }
  const isSolved = showsSolution(statusOf(row)) && heard.solution !== null
  const change = isSolved ? { ...besides, solution: heard.solution } : besides
  if (Object.keys(change).length === 0) return null
  return { change, happening: { what: rating === null ? 'updated' : 'rated' } }
}

/** Where the ticket goes: where InvGate says, or to the desk again when the customer has answered there. */
async function moveOf(
  trx: Transaction<TicketTables>,
  { row, status, heard, now }: Evidence,
): Promise<Partial<TicketRow> | null> {
  if (status !== null) {
    const solution = showsSolution(status.status) ? await solutionOf(trx, row, heard) : null
    const move = moveFor(status, solution)
    return { ...columnsOf(row, move, now), ...besidesMove(row, { move, solution, now }) }
  }
  const isWaiting = row.status === 'pending' && row.pending_reason === 'customer'
  if (!isWaiting || heard.customerSpokeAt === null) return null
  const since = await findStateBegin(trx, row.id)
  const isAnswer = since === null || heard.customerSpokeAt.getTime() >= since.getTime() - CLOCKS_MS
  const move: Move = { status: 'open' }
  return isAnswer ? columnsOf(row, move, now) : null
}

/** The words of a solution that were said for this one, not for one before it that was none. */
async function solutionOf(
  trx: Transaction<TicketTables>,
  row: TicketRow,
  heard: Heard,
): Promise<string | null> {
  if (heard.solution !== null) return heard.solution
  return await findSolutionSince(trx, { ticketId: row.id, since: await findFailedSolution(trx, row.id) })
}

/** By InvGate's clock, but within the life of the ticket. */
function momentOf(time: Date, { created_at: createdAt }: TicketRow, now: Date): Date {
  return new Date(Math.min(Math.max(time.getTime(), createdAt.getTime()), now.getTime()))
}
