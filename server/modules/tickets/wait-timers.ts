import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { TimerKind } from '#platform/timers/timer'
import type { InvgateDesk } from './invgate/contract.ts'
import { moveTicket } from './move-ticket.ts'
import type { TicketParts } from './parts.ts'
import { lockTicket, type TicketRow } from './queries.ts'
import { findLastWord } from './remarks.ts'
import { AUTO_CLOSE, closesAt, PENDING_END } from './waits.ts'

const call: Call<unknown> = systemCall
const LOOK_AGAIN_MS = 24 * 60 * 60 * 1_000

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

type CloseParts = TicketParts & {
  /** Null where there is no InvGate. */
  readonly desk: Pick<InvgateDesk, 'abilities'> | null
}

/**
 * Closes a solved ticket after seven days without a word. InvGate closes what it knows to be solved, and tells when we
 * ask; but it may lose the incident or be given up, so that we come back.
 */
export function createAutoClose({ desk, ...parts }: CloseParts): TimerKind {
  const { db, clock } = parts

  /** The simple dialect is never told that a ticket was solved here. */
  function isLeftToInvgate({ invgate_id: invgateId, invgate_status: seen }: TicketRow): boolean {
    return invgateId !== null && seen === 'solved' && desk !== null && desk.abilities.has('moves')
  }

  return {
    kind: AUTO_CLOSE,
    async handle({ subject }, complete) {
      const again = await transaction(db, call, async (trx) => {
        const row = await lockTicket(trx, subject)
        if (row === undefined) return null
        const now = clock.now()
        const dueAt = closesAt(row, await findLastWord(trx, row.id))
        if (dueAt === null || dueAt > now) return dueAt
        if (isLeftToInvgate(row)) return new Date(now.getTime() + LOOK_AGAIN_MS)
        await moveTicket(parts, trx, { call: systemCall, row, move: { status: 'closed' } })
        return null
      })
      await complete(async () => (again === null ? undefined : { again }))
    },
  }
}
