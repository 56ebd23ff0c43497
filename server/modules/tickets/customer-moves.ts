import type { Transaction } from 'kysely'
import { actorOf, type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import { getLockedTicket, isCustomer, isStaff } from './access.ts'
import { refuse } from './errors.ts'
import type { AcceptBody, CancelBody, ReopenBody } from './move-schemas.ts'
import { moveTicket, refusedTransition, requireTransition } from './move-ticket.ts'
import { atOneMoment, type TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import { keepRemark } from './remarks.ts'
import type { Ticket } from './schemas.ts'
import type { TicketTables } from './table.ts'
import { changeTicket } from './ticket-changes.ts'

export type CustomerMoves = ReturnType<typeof createCustomerMoves>

/** From here on a rating says enough without words. */
const CONTENT = 4

/** What those do whose ticket it is: accept a solution with a rating, say that it is none, or take the ticket back. */
export function createCustomerMoves(parts: TicketParts) {
  const { db } = parts
  return {
    /** Closes a solved ticket; one that has closed by itself is only rated. The customer's alone. */
    async acceptSolution(call: Call<Ticket>, reference: string, body: AcceptBody): Promise<Ticket> {
      const besides = toRating(body)
      return await transaction(db, call, async (trx) => {
        const row = await getLockedTicket(trx, call, reference)
        checkVersion(call, row)
        if (!isCustomer(call, row)) throw refuse('not_your_ticket')
        if (row.rating !== null) throw refuse('already_rated')
        if (row.status === 'closed')
          return await changeTicket(parts, trx, { call, row, change: besides, happening: { what: 'rated' } })
        requireTransition({ call, row, status: 'closed' })
        return await moveTicket(parts, trx, { call, row, move: { status: 'closed' }, besides })
      })
    },

    async reopenTicket(call: Call<Ticket>, reference: string, { comment }: ReopenBody): Promise<Ticket> {
      return await transaction(db, call, async (trx) => {
        const row = await getOwnTicket(trx, call, reference)
        requireReopening({ call, row })
        const at = atOneMoment(parts, row)
        await keepRemark(at, trx, { call, row, kind: 'reply', text: comment })
        return await moveTicket(at, trx, { call, row, move: { status: 'open' } })
      })
    },

    async cancelTicket(call: Call<Ticket>, reference: string, body: CancelBody): Promise<Ticket> {
      return await transaction(db, call, async (trx) => {
        const row = await getOwnTicket(trx, call, reference)
        requireTransition({ call, row, status: 'cancelled' })
        const at = atOneMoment(parts, row)
        await keepRemark(at, trx, { call, row, kind: 'reply', text: body?.comment })
        return await moveTicket(at, trx, { call, row, move: { status: 'cancelled' } })
      })
    },
  }
}

/** Locks a ticket for its customer, its creator or the desk; who only watches it is refused. */
async function getOwnTicket(
  trx: Transaction<TicketTables>,
  call: Call,
  reference: string,
): Promise<TicketRow> {
  const row = await getLockedTicket(trx, call, reference)
  checkVersion(call, row)
  if (isCustomer(call, row) || isStaff(call) || row.creator_id === actorOf(call).userId) return row
  throw refuse('not_your_ticket')
}

/** Only what was solved is opened again: what waits, or was not begun, is no solution that failed. */
function requireReopening({ call, row }: { readonly call: Call; readonly row: TicketRow }): void {
  if (row.status !== 'solved') throw refusedTransition({ call, row, status: 'open' })
}

function toRating({ rating, comment }: AcceptBody): Pick<TicketRow, 'rating' | 'rating_comment'> {
  const words = comment?.trim() || null
  if (rating < CONTENT && words === null)
    throw invalidField({
      pointer: '/comment',
      code: 'required',
      text: { en: 'is required with a rating below 4', id: 'wajib diisi untuk nilai di bawah 4' },
    })
  return { rating, rating_comment: words }
}
