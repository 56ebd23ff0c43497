import type { Transaction } from 'kysely'
import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import { getLockedTicket } from './access.ts'
import type { StatusBody } from './move-schemas.ts'
import { columnsOf, type Move, moveTicket, requireTransition } from './move-ticket.ts'
import { atOneMoment, type TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import { keepRemark } from './remarks.ts'
import type { Ticket } from './schemas.ts'
import type { TicketTables } from './table.ts'
import { changeTicket } from './ticket-changes.ts'

export type SetStatus = ReturnType<typeof createSetStatus>

/** The desk's own moves. The reason of a move is kept as a note, a solution as a message to the customer. */
export function createSetStatus(parts: TicketParts) {
  const { db, clock } = parts
  return async function setStatus(call: Call<Ticket>, reference: string, body: StatusBody): Promise<Ticket> {
    refuseMisplaced(body)
    const move = toMove(body, clock.now())
    return await transaction(db, call, async (trx) => {
      const row = await getLockedTicket(trx, call, reference)
      checkVersion(call, row)
      // What is said with a move is said at the moment of the move.
      const at = atOneMoment(parts, row)
      const goesOnWaiting = row.status === 'pending' && move.status === 'pending'
      if (!goesOnWaiting) requireTransition({ call, row, status: move.status })
      await keepRemark(at, trx, { call, row, kind: 'note', text: body.reason })
      if (move.status === 'solved') return await solve(at, trx, { call, row, solution: move.solution })
      if (!goesOnWaiting) return await moveTicket(at, trx, { call, row, move })
      const change = columnsOf(row, move, at.clock.now())
      return await changeTicket(at, trx, { call, row, change, happening: { what: 'updated' } })
    })
  }
}

type Solving = {
  readonly call: Call
  readonly row: TicketRow
  readonly solution: string | null
}

/** Solves a ticket whose row is locked; without words, in those that were proposed. */
async function solve(
  parts: TicketParts,
  trx: Transaction<TicketTables>,
  { call, row, solution: given }: Solving,
): Promise<Ticket> {
  const solution = given ?? row.proposed_solution
  await keepRemark(parts, trx, { call, row, kind: 'solution', text: solution })
  // A solution is an answer as well.
  const besides = solution === null ? {} : { responded_at: row.responded_at ?? parts.clock.now() }
  return await moveTicket(parts, trx, { call, row, move: { status: 'solved', solution }, besides })
}

function toMove(body: StatusBody, now: Date): Move {
  const { status } = body
  if (status === 'pending') return toWaiting(body, now)
  if (status === 'solved') return { status, solution: body.solution?.trim() || null }
  return { status }
}

function toWaiting({ pending_reason: reason, pending_until: until }: StatusBody, now: Date): Move {
  if (reason === undefined || reason === null) throw required('/pending_reason')
  if (reason !== 'date') return { status: 'pending', reason, until: null }
  if (until === undefined || until === null) throw required('/pending_until')
  const moment = new Date(until)
  if (moment <= now)
    throw invalidField({
      pointer: '/pending_until',
      code: 'invalid',
      text: { en: 'must be in the future', id: 'harus di masa depan' },
    })
  return { status: 'pending', reason, until: moment }
}

function refuseMisplaced({ status, ...body }: StatusBody): void {
  const isGiven = (value: unknown) => value !== undefined && value !== null
  if (status !== 'pending' && isGiven(body.pending_reason)) throw misplaced('/pending_reason')
  if (body.pending_reason !== 'date' && isGiven(body.pending_until)) throw misplaced('/pending_until')
  if (status !== 'solved' && isGiven(body.solution)) throw misplaced('/solution')
}

function required(pointer: string) {
  return invalidField({ pointer, code: 'required', text: { en: 'is required', id: 'wajib diisi' } })
}

function misplaced(pointer: string) {
  return invalidField({
    pointer,
    code: 'invalid',
    text: { en: 'does not belong to this status', id: 'tidak sesuai dengan status ini' },
  })
}
