import { type Kysely, sql } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import { clockKinds } from './clock-rules.ts'
import type { MessageRow } from './message-queries.ts'
import type { TicketTables } from './table.ts'

/** What the log tells of a ticket to everybody who may read it. */
const FOR_ALL = [
  'ticket.created',
  'ticket.updated',
  'ticket.status_changed',
  'ticket.rated',
  'ticket.merged',
  'ticket.linked',
  'ticket.unlinked',
] as const

export type Moment = { readonly id: string; readonly source: string; readonly happened_at: Date }

type List = {
  readonly ticketId: string
  /** Whether the one who asks works at the desk. */
  readonly isForDesk: boolean
  readonly descending: boolean
  readonly request: Omit<PageRequest, 'page'>
}

/** What happened to a ticket, by the log, and what was said at it, as one list. */
export async function listMoments(
  db: Kysely<TicketTables>,
  { ticketId, isForDesk, descending, request }: List,
): Promise<Page<Moment>> {
  const subject = subjectOf(ticketId)
  const clocks = clockKinds.map((kind) => `ticket_clock/${ticketId}.${kind}`)
  const logged = db
    .selectFrom('outbox')
    .select(['id', sql<string>`'event'`.as('source'), 'occurred_at as happened_at'])
  const events = isForDesk
    ? logged.where('subject', 'in', [subject, ...clocks])
    : logged.where('subject', '=', subject).where('type', 'in', FOR_ALL)
  const said = db
    .selectFrom('ticket_messages')
    .select(['id', sql<string>`'message'`.as('source'), 'created_at as happened_at'])
    .where('ticket_id', '=', ticketId)
  const messages = isForDesk ? said : said.where('kind', '!=', 'note')
  const found = db.selectFrom(events.unionAll(messages).as('moment'))
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'moment.happened_at', holds: 'time', descending },
    sortValueOf: ({ happened_at: at }) => at,
    request,
  })
}

export type LoggedEvent = {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly record_version: number
  readonly data: string
  readonly actor_id: string | null
}

export async function findEvents(db: Kysely<TicketTables>, ids: readonly string[]): Promise<LoggedEvent[]> {
  if (ids.length === 0) return []
  return await db.selectFrom('outbox').select(COLUMNS).where('id', 'in', ids).execute()
}

/** The events by which a ticket came to these versions. */
export async function findVersions(
  db: Kysely<TicketTables>,
  { ticketId, versions }: { readonly ticketId: string; readonly versions: readonly number[] },
): Promise<LoggedEvent[]> {
  if (versions.length === 0) return []
  return await db
    .selectFrom('outbox')
    .select(COLUMNS)
    .where('subject', '=', subjectOf(ticketId))
    .where('record_version', 'in', versions)
    .execute()
}

export async function findMessages(db: Kysely<TicketTables>, ids: readonly string[]): Promise<MessageRow[]> {
  if (ids.length === 0) return []
  return await db.selectFrom('ticket_messages').selectAll().where('id', 'in', ids).execute()
}

const COLUMNS = ['id', 'type', 'subject', 'record_version', 'data', 'actor_id'] as const

function subjectOf(ticketId: string): string {
  return `ticket/${ticketId}`
}
