import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { findPerson, isThere } from '#modules/people'
import { defineConsumer, type EventConsumer } from '#platform/events/consumer'
import { Id } from '#platform/http/schemas'
import type { TimerKind } from '#platform/timers/timer'
import { pauseAfter } from './deliver-pauses.ts'
import { InvgateFailure } from './invgate/failure.ts'
import { findInvgateUser, keepInvgateUser } from './invgate-user-queries.ts'
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

type LinkParts = Pick<TicketParts, 'db' | 'clock'> & { readonly users: InvgateUsers }

/** Goes on for as long as the failure may pass; what InvGate refuses waits for the user's next change. */
export function createInvgateLink({ db, clock, users }: LinkParts): TimerKind {
  return {
    kind: LINK,
    async handle({ subject }, complete) {
      try {
        const person = await findPerson(peopleIn(db), subject)
        // Who has left needs none; a ticket of theirs still has one found or made.
        if (person === undefined || isThere(person)) await users.provide(subject)
        await complete(async () => {})
      } catch (error) {
        if (!(error instanceof InvgateFailure)) throw error
        const { isPassing, message, retryAfterMs } = error
        const known = await findInvgateUser(db, subject)
        const attempts = (known?.attempts ?? 0) + 1
        await users.noteFailure(subject, { message, isPassing, attempts })
        const again = new Date(clock.now().getTime() + pauseAfter({ attempts, retryAfterMs }))
        await complete(async () => (isPassing ? { again } : undefined))
      }
    },
  }
}
