import type { Transaction } from 'kysely'
import type { TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'

/** The kind of the timers that end the waiting for a date; the subject is the ticket's id. */
export const PENDING_END = 'ticket.pending_end'
/** The kind of the timers that close solved tickets; the subject is the ticket's id. */
export const AUTO_CLOSE = 'ticket.auto_close'

const KEPT_SOLVED_MS = 7 * 24 * 60 * 60 * 1_000

type Move = {
  /** Null for a new ticket. */
  readonly before: TicketRow | null
  readonly after: TicketRow
}

/** Sets and cancels the timers of a ticket that waits for a date, or for a word on its solution. */
export async function keepWaits(
  { timers }: Pick<TicketParts, 'timers'>,
  trx: Transaction<TicketTables>,
  { before, after }: Move,
): Promise<void> {
  const keep = async (kind: string, dueOf: (row: TicketRow) => Date | null) => {
    const [was, dueAt] = [before === null ? null : dueOf(before), dueOf(after)]
    if (was?.getTime() === dueAt?.getTime()) return
    const timer = { kind, subject: after.id }
    await (dueAt === null ? timers.cancel(trx, timer) : timers.schedule(trx, { ...timer, dueAt }))
  }
  await keep(PENDING_END, (row) => (row.status === 'pending' ? row.pending_until_at : null))
  await keep(AUTO_CLOSE, (row) => closesAt(row))
}

/** When a solved ticket closes by itself, if nobody has said anything later than `lastWordAt`; null for any other. */
export function closesAt(
  { status, solved_at: solvedAt }: TicketRow,
  lastWordAt: Date | null = null,
): Date | null {
  if (status !== 'solved' || solvedAt === null) return null
  return new Date(Math.max(solvedAt.getTime(), lastWordAt?.getTime() ?? 0) + KEPT_SOLVED_MS)
}
