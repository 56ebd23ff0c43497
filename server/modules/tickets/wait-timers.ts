import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { TimerKind } from '#platform/timers/timer'
import { moveTicket } from './move-ticket.ts'
import type { TicketParts } from './parts.ts'
import { lockTicket } from './queries.ts'
import { findLastWord } from './remarks.ts'
import { AUTO_CLOSE, closesAt, PENDING_END } from './waits.ts'

const call: Call<unknown> = systemCall

/**
 * Opens a ticket again when the date has come for which it waits. Here and below the ticket's row decides, and is
 * locked before the timer as everywhere, so not within `complete`, which locks the timer first.
 */
export function createPendingEnd(parts: TicketParts): TimerKind {
  const { db, clock } = parts
  return {
    kind: PENDING_END,
    async handle({ subject }, complete) {
      await transaction(db, call, async (trx) => {
        const row = await lockTicket(trx, subject)
        if (row?.status !== 'pending' || row.pending_until_at === null) return
        if (row.pending_until_at > clock.now()) return
        await moveTicket(parts, trx, { call: systemCall, row, move: { status: 'open' } })
      })
      await complete(async () => {})
    },
  }
}

/** Closes a solved ticket after seven days without a word. InvGate closes its own, and tells when we ask. */
export function createAutoClose(parts: TicketParts): TimerKind {
  const { db, clock } = parts
  return {
    kind: AUTO_CLOSE,
    async handle({ subject }, complete) {
      const again = await transaction(db, call, async (trx) => {
        const row = await lockTicket(trx, subject)
        if (row === undefined || row.invgate_id !== null) return null
        const dueAt = closesAt(row, await findLastWord(trx, row.id))
        if (dueAt === null || dueAt > clock.now()) return dueAt
        await moveTicket(parts, trx, { call: systemCall, row, move: { status: 'closed' } })
        return null
      })
      await complete(async () => (again === null ? undefined : { again }))
    },
  }
}
