import type { Transaction } from 'kysely'
import { findPerson, isThere, type PeopleTables } from '#modules/people'
import type { Clock } from '#platform/clock'
import type { PlatformTables } from '#platform/database/tables'
import type { EventConsumer } from '#platform/events/consumer'
import type { EventEnvelope } from '#platform/events/envelope'
import type { Language } from '#platform/language'
import type { EnqueueMail } from './enqueue-mail.ts'
import type { Notify } from './notify.ts'
import type { NotificationTables } from './table.ts'
import { readTicketEvent, type TicketEvent, ticketNewsTypes } from './ticket-events.ts'
import { newsOf, type TicketNews } from './ticket-news.ts'
import { type TicketNoticeName, writeTicketNotice } from './ticket-notices.ts'

const OLD_NEWS_AFTER_MS = 7 * 24 * 60 * 60 * 1_000
/** Roles whose holders work at the desk; who has left it keeps the tickets, and hears of them no more. */
const DESK = ['agent', 'admin']
/** What a customer is sent a letter about: what they wait for, and what happens without them. */
const MAILED: ReadonlySet<TicketNoticeName> = new Set(['created', 'replied', 'solved', 'cancelled', 'merged'])

type Parts = {
  readonly clock: Clock
  readonly notify: Notify
  readonly enqueueMail: EnqueueMail
  readonly defaultLanguage: Language
  readonly businessZone: string
}

/** Tells those whom a ticket concerns of what happens to it: in the application, and its customer by mail as well. */
export function createTellOfTickets(parts: Parts): EventConsumer {
  return {
    name: 'notifications.tickets',
    types: ticketNewsTypes,
    async handle(envelope, trx) {
      // A log that is read for the first time tells of tickets that everybody has forgotten.
      if (parts.clock.now().getTime() - Date.parse(envelope.time) > OLD_NEWS_AFTER_MS) return
      const event = readTicketEvent(envelope)
      const found = newsOf({ event, actorId: envelope.actorid ?? null })
      // Each locks the count of its reader: in one sequence everywhere, so that two events wait for each other.
      const inTurn = found.toSorted((one, other) => (one.userId < other.userId ? -1 : 1))
      for (const news of inTurn) await tell(parts, trx, { envelope, event, news })
    },
  }
}

type Telling = {
  readonly envelope: EventEnvelope
  readonly event: TicketEvent
  readonly news: TicketNews
}

async function tell(
  { notify, enqueueMail, defaultLanguage, businessZone }: Parts,
  platform: Transaction<PlatformTables>,
  { envelope, event, news: { userId, what, as } }: Telling,
): Promise<void> {
  const person = await findPerson(platform.withTables<PeopleTables>(), userId)
  if (person !== undefined && !isThere(person)) return
  if (as === 'assignee' && !DESK.includes(person?.role ?? '')) return
  const language = person?.locale ?? defaultLanguage
  const { title, body, letter } = writeTicketNotice(event, { what, language, zone: businessZone })
  const dedupeKey = `${envelope.type}:${envelope.subject}:${envelope.recordversion}`
  const subject = `ticket/${event.ticket.ticket_id}`
  const trx = platform.withTables<NotificationTables>()
  await notify(trx, { userId, kind: envelope.type, title, body, subject, dedupeKey })
  if (as !== 'customer' || person === undefined || !MAILED.has(what)) return
  await enqueueMail(trx, { kind: `ticket_${what}`, recipient: person.email, dedupeKey, letter })
}
