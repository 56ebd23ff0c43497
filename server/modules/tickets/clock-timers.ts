import type { Transaction } from 'kysely'
import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { TimerKind } from '#platform/timers/timer'
import { listTimedTickets, updateClock } from './clock-queries.ts'
import { CLOCK, deadlinesOf, nextMoment, type ReviewedClock, renewClocks, setTimers } from './clocks.ts'
import type { TicketParts } from './parts.ts'
import { lockTicket, type TicketRow } from './queries.ts'
import { clockEvent } from './sla-events.ts'
import type { Deadlines } from './sla-schemas.ts'
import type { TicketTables } from './table.ts'
import { readTerms } from './terms.ts'
import { attributesOf } from './ticket-changes.ts'
import { toTicket } from './views.ts'

/** Goes over all clocks after a change of the policies, the hours or the holidays. */
const REVIEW = 'ticket.clocks'
const ALL = 'all'
/** So many tickets at a time; the rest in the next turn, so that no claim runs out. */
const REVIEWED = 50

const call: Call<unknown> = systemCall

/** Has every clock that goes on looked at again, by what is in force when this transaction is committed. */
export async function reviewAllClocks(
  { timers, clock }: Pick<TicketParts, 'timers' | 'clock'>,
  trx: Transaction<TicketTables>,
): Promise<void> {
  await timers.schedule(trx, { kind: REVIEW, subject: ALL, dueAt: clock.now() })
}

type Telling = {
  /** Locked. */
  readonly ticket: TicketRow
  readonly deadlines: Deadlines
  readonly found: ReviewedClock
}

export function createClockTimers(parts: TicketParts): TimerKind[] {
  return [createClockTimer(parts), createClockReview(parts)]
}

/**
 * Warns when a share of the time is used and tells of the breach at its end. The row of the clock, under the lock of
 * its ticket, says what it has told already; so it is told once, however often the timer fires.
 */
function createClockTimer(parts: TicketParts): TimerKind {
  return {
    kind: CLOCK,
    async handle({ subject }, complete) {
      const [ticketId = '', kind] = subject.split('/')
      // Not within `complete`, which locks the timer before the ticket: who changes a ticket locks the ticket first.
      const next = await transaction(parts.db, call, async (trx) => {
        const ticket = await lockTicket(trx, ticketId)
        if (ticket === undefined) return null
        const terms = await readTerms(parts, trx)
        const clocks = await renewClocks(parts, trx, { ticket, terms })
        const found = clocks.find((each) => each.kind === kind)
        if (found === undefined) return null
        const deadlines = deadlinesOf(clocks.map(({ row }) => row))
        return nextMoment(await tell(trx, { ticket, deadlines, found }))
      })
      await complete(async () => (next === null ? undefined : { again: next }))
    },
  }

  async function tell(
    trx: Transaction<TicketTables>,
    { ticket, deadlines, found: { row, ...rest } }: Telling,
  ): Promise<Pick<ReviewedClock, 'row' | 'warnAt'>> {
    const now = parts.clock.now()
    const isBreached = row.breached_at === null && row.due_at !== null && row.due_at <= now
    const isLate = row.stopped_at === null && rest.warnAt !== null && rest.warnAt <= now
    const isWarned = row.warned_at === null && (isBreached || isLate)
    const clock = {
      ...row,
      warned_at: isWarned ? now : row.warned_at,
      breached_at: isBreached ? now : row.breached_at,
    }
    if (isWarned || isBreached) {
      const told = { ticket: toTicket(ticket, await attributesOf(trx, ticket.id)), deadlines, clock }
      if (isWarned) await parts.outbox.append(trx, call, clockEvent('warned', told))
      if (isBreached) await parts.outbox.append(trx, call, clockEvent('breached', told))
      await updateClock(trx, clock)
    }
    return { row: clock, warnAt: rest.warnAt }
  }
}

function createClockReview(parts: TicketParts): TimerKind {
  return {
    kind: REVIEW,
    async handle({ data }, complete) {
      const after = typeof data === 'string' ? data : null
      const terms = await readTerms(parts, parts.db)
      const ids = await listTimedTickets(parts.db, { after, limit: REVIEWED })
      for (const id of ids)
        await transaction(parts.db, call, async (trx) => {
          const ticket = await lockTicket(trx, id)
          if (ticket === undefined) return
          await setTimers(parts, trx, await renewClocks(parts, trx, { ticket, terms }))
        })
      const last = ids.at(-1)
      await complete(async () => (last === undefined ? undefined : { again: parts.clock.now(), data: last }))
    },
  }
}
