import type { Transaction } from 'kysely'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { findPerson, isThere } from '#modules/people'
import { defineConsumer, type EventConsumer } from '#platform/events/consumer'
import { Id } from '#platform/http/schemas'
import type { TimerKind } from '#platform/timers/timer'
import { SETTLED_MS } from './deliver-attempt.ts'
import { pauseAfter } from './deliver-pauses.ts'
import { DELIVERY } from './deliver-queue.ts'
import { InvgateFailure } from './invgate/failure.ts'
import { findInvgateUser, keepInvgateUser, listAwaiting } from './invgate-user-queries.ts'
import type { InvgateUsers } from './invgate-users.ts'
import { peopleIn } from './parties.ts'
import type { TicketParts } from './parts.ts'
import type { TicketTables } from './table.ts'

/** The kind of the timers that find or make somebody's account at InvGate; the subject is our user's id. */
const LINK = 'invgate.user'

const told = Compile(Type.Object({ id: Id }))

/** Has everybody who registers found or made at InvGate, whether or not InvGate is there at the time (D6). */
export function createInvgatePeople({ clock, timers }: Pick<TicketParts, 'clock' | 'timers'>): EventConsumer {
  return defineConsumer<TicketTables>({
    name: 'invgate.people',
    types: ['user.registered', 'user.updated'],
    async handle({ data }, trx) {
      const { id } = told.Parse(data)
      const known = await findInvgateUser(trx, id)
      if (known !== undefined && known.invgate_id !== null) return
      const now = clock.now()
      await keepInvgateUser(trx, {
        user_id: id,
        invgate_id: null,
        state: 'pending',
        attempts: 0,
        last_error: null,
        updated_at: now,
      })
      await timers.schedule(trx, { kind: LINK, subject: id, dueAt: now })
    },
  })
}

type LinkParts = Pick<TicketParts, 'db' | 'clock' | 'timers'> & { readonly users: InvgateUsers }

/** Goes on for as long as the failure may pass; what InvGate refuses waits for the user's next change. */
export function createInvgateLink({ db, clock, timers, users }: LinkParts): TimerKind {
  /** What waits for the account need not wait any longer. */
  async function goOnWithTickets(trx: Transaction<TicketTables>, userId: string): Promise<void> {
    for (const ticketId of await listAwaiting(trx, userId))
      await timers.schedule(trx, { kind: DELIVERY, subject: ticketId, dueAt: clock.now() })
  }

  return {
    kind: LINK,
    async handle({ subject }, complete) {
      try {
        const person = await findPerson(peopleIn(db), subject)
        // Who has left needs none; a ticket of theirs still has one found or made.
        if (person === undefined || isThere(person)) await users.provide(subject)
        await complete(async (trx) => await goOnWithTickets(trx.withTables(), subject))
      } catch (error) {
        if (!(error instanceof InvgateFailure)) throw error
        const { isPassing, message, retryAfterMs } = error
        const known = await findInvgateUser(db, subject)
        const attempts = (known?.attempts ?? 0) + 1
        await users.noteFailure(subject, { message, isPassing, attempts })
        const pauseMs = pauseAfter({ attempts, retryAfterMs })
        const again = againAt({ pauseMs, makingAt: known?.making_at ?? null, now: clock.now() })
        await complete(async () => (isPassing ? { again } : undefined))
      }
    },
  }
}

type Pause = { readonly pauseMs: number; readonly makingAt: Date | null; readonly now: Date }

/** After the pause, or before it when what was begun is settled by then. */
function againAt({ pauseMs, makingAt, now }: Pause): Date {
  const again = new Date(now.getTime() + pauseMs)
  const settledAt = new Date((makingAt?.getTime() ?? 0) + SETTLED_MS)
  return settledAt > now && settledAt < again ? settledAt : again
}
