import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { TimerKind } from '#platform/timers/timer'
import { attempt, settledAt } from './deliver-attempt.ts'
import { type Outcome, settle } from './deliver-outcome.ts'
import { pauseAfter } from './deliver-pauses.ts'
import { type DeliveryRow, findNextDelivery } from './deliver-queries.ts'
import { DELIVERY } from './deliver-queue.ts'
import type { DeliveryWork } from './deliver-work.ts'
import type { TicketParts } from './parts.ts'
import { findTicket } from './queries.ts'

/** Others have their turn after so many of one ticket. */
const AT_ONCE = 10

const call: Call<unknown> = systemCall

/** Works off what a ticket has to tell InvGate, one after the other; what cannot be done holds up what follows it. */
export function createDeliveryTimer(parts: TicketParts, work: DeliveryWork): TimerKind {
  const { db, clock } = parts

  /** Answers when to go on, and null when there is nothing more to do. */
  async function workOff(ticketId: string): Promise<Date | null> {
    for (let count = 0; count < AT_ONCE; count += 1) {
      const [row, delivery] = [await findTicket(db, ticketId), await findNextDelivery(db, ticketId)]
      if (row === undefined || delivery === undefined) return null
      const tried = await attempt({ db, clock, work }, { row, delivery })
      // Somebody else is at it, and is given the time for it.
      if (tried === null)
        return new Date(clock.now().getTime() + pauseAfter({ attempts: 1, retryAfterMs: null }))
      await transaction(db, call, async (trx) => await settle(parts, trx, tried))
      const again = dueAfter(tried)
      if (again !== null) return again
    }
    return clock.now()
  }

  function dueAfter({
    delivery,
    outcome,
  }: {
    readonly delivery: DeliveryRow
    readonly outcome: Outcome
  }): Date | null {
    if (outcome.what === 'done' || outcome.what === 'failed') return null
    const retryAfterMs = outcome.what === 'open' ? outcome.failure.retryAfterMs : null
    const again = new Date(clock.now().getTime() + pauseAfter({ attempts: delivery.attempts, retryAfterMs }))
    if (outcome.what !== 'awaited') return again
    const settled = settledAt(delivery)
    return again < settled ? again : settled
  }

  return {
    kind: DELIVERY,
    async handle({ subject }, complete) {
      const again = await workOff(subject)
      await complete(async () => (again === null ? undefined : { again }))
    },
  }
}
