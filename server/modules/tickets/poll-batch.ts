import type { Log } from '#platform/telemetry/log'
import type { InvgateDesk, InvgateIncident } from './invgate/contract.ts'
import { InvgateFailure } from './invgate/failure.ts'
import type { TicketParts } from './parts.ts'
import { noteGone, takeOver } from './poll-incident.ts'
import type { WatchedTicket } from './poll-queries.ts'
import { isNews, needsReading } from './poll-rules.ts'

type AskParts = TicketParts & {
  readonly desk: Pick<InvgateDesk, 'abilities' | 'list' | 'find' | 'listComments'>
  readonly log: Log
}

type Batch = {
  readonly batch: readonly WatchedTicket[]
  /** By the clock of the process: what takes a question of its own and is not begun by then is left for the next time. */
  readonly endsMs: number
}

/** How far the asking came. */
export type Asked = {
  /** The last ticket up to which everything was asked for; null for none. */
  readonly upTo: string | null
  /** Whether InvGate had an answer of sense to everything. */
  readonly isWhole: boolean
  /** Why it is of no use to go on now. */
  readonly outage: InvgateFailure | null
}

/** Asks about some tickets, and takes over what InvGate says of them, each by itself: none fails with another. */
export async function askBatch(parts: AskParts, { batch, endsMs }: Batch): Promise<Asked> {
  const { desk, clock, log } = parts
  const askedAt = clock.now()
  const found = await answerOf(desk.list(batch.map(idOf)))
  const last = batch.at(-1)?.id ?? null
  if (found instanceof InvgateFailure) {
    log.debug({ err: found }, 'InvGate has not said what has become of the tickets')
    return { upTo: last, isWhole: false, outage: isOutage(found) ? found : null }
  }
  const incidents = new Map(found.map((incident) => [incident.id, incident]))
  let asked: Asked = { upTo: null, isWhole: true, outage: null }
  let isBehind = false
  let questions = 0
  for (const ticket of batch) {
    const incident = incidents.get(idOf(ticket))
    const takesQuestion = incident === undefined ? isToBeSought(ticket) : hasTalk(parts, ticket, incident)
    // One at least each time, or an InvGate that is slow would never be listened to.
    const isTime = questions === 0 || performance.now() < endsMs
    const mayAsk = takesQuestion && isTime
    if (mayAsk) questions += 1
    isBehind ||= takesQuestion && !isTime
    const failure = await ask(parts, { ticket, incident, askedAt, mayAsk })
    if (!isBehind) asked = { ...asked, upTo: ticket.id }
    if (failure === null) continue
    log.debug({ err: failure, ticket: ticket.number }, 'a ticket could not be followed at InvGate')
    asked = { ...asked, isWhole: false }
    if (failure instanceof InvgateFailure && isOutage(failure)) return { ...asked, outage: failure }
  }
  return asked
}

type Question = {
  readonly ticket: WatchedTicket
  /** Undefined where it was not in the answer. */
  readonly incident: InvgateIncident | undefined
  readonly askedAt: Date
  /** Whether InvGate is asked for more: for the talk, or for an incident by itself. */
  readonly mayAsk: boolean
}

/** Sees to one ticket; answers what went wrong, whatever it was. */
async function ask(parts: AskParts, { ticket, incident, askedAt, mayAsk }: Question): Promise<unknown> {
  const { desk, clock } = parts
  try {
    if (incident === undefined) return mayAsk ? await lookFor(parts, { ticket, askedAt }) : null
    if (!mayAsk && !isNews(ticket, incident)) return null
    const told = { ticketId: ticket.id, incident, askedAt }
    const readAt = clock.now()
    const comments = mayAsk ? await answerOf(desk.listComments(incident.id)) : null
    // A status is news as well where nobody hears what was said with it.
    const isHeard = comments !== null && !(comments instanceof InvgateFailure)
    await takeOver(parts, { ...told, talk: isHeard ? { comments, askedAt: readAt } : null })
    return isHeard ? null : comments
  } catch (error) {
    return error
  }
}

/** An answer may leave out what is there, so that a ticket is asked for by itself before it counts as gone. */
async function lookFor(
  parts: AskParts,
  { ticket, askedAt }: Pick<Question, 'ticket' | 'askedAt'>,
): Promise<InvgateFailure | null> {
  const incident = await answerOf(parts.desk.find(idOf(ticket)))
  if (incident instanceof InvgateFailure) return incident
  const told = { ticketId: ticket.id, askedAt }
  if (incident === null) await noteGone(parts, told)
  else await takeOver(parts, { ...told, incident, talk: null })
  return null
}

/** One that is gone is not sought again and again. */
function isToBeSought({ invgate_status: seen }: WatchedTicket): boolean {
  return seen !== 'gone'
}

function hasTalk({ desk, clock }: AskParts, ticket: WatchedTicket, incident: InvgateIncident): boolean {
  if (!desk.abilities.has('comments')) return false
  // Whether it is the same one again is found out first.
  if (ticket.invgate_status === 'gone') return false
  return isNews(ticket, incident) || needsReading(ticket, clock.now())
}

async function answerOf<Answer>(asking: Promise<Answer>): Promise<Answer | InvgateFailure> {
  try {
    return await asking
  } catch (error) {
    if (error instanceof InvgateFailure) return error
    throw error
  }
}

/** Whether InvGate has trouble with everything, and not with this question. */
function isOutage({ code, status }: InvgateFailure): boolean {
  return code !== 'unreadable' && (code !== 'refused' || status === 429 || status === 401)
}

function idOf({ invgate_id: id, number }: Pick<WatchedTicket, 'invgate_id' | 'number'>): string {
  if (id === null) throw new TypeError(`the ticket ${number} is not at InvGate`)
  return id
}
