import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { Span } from './clock-rules.ts'
import type { BusinessHoursTable, SlaPolicyTable, TicketClockTable } from './clock-tables.ts'
import type { TicketTables } from './table.ts'

export type ClockRow = Selectable<TicketClockTable>
export type PolicyRow = Selectable<SlaPolicyTable>
export type HoursRow = Selectable<BusinessHoursTable>

/** In their sequence; of two that began in one moment the one that ended in it was first. */
export async function listSpans(db: Kysely<TicketTables>, ticketId: string): Promise<Span[]> {
  const spans = await db
    .selectFrom('ticket_spans')
    .select(['status', 'pending_reason', 'started_at', 'ended_at'])
    .where('ticket_id', '=', ticketId)
    .orderBy('started_at')
    .orderBy('id')
    .execute()
  const endOf = ({ ended_at: ended }: Span): number => ended?.getTime() ?? Number.POSITIVE_INFINITY
  return spans.toSorted(
    (one, other) => one.started_at.getTime() - other.started_at.getTime() || endOf(one) - endOf(other),
  )
}

export async function listClocks(db: Kysely<TicketTables>, ticketId: string): Promise<ClockRow[]> {
  return await db.selectFrom('ticket_clocks').selectAll().where('ticket_id', '=', ticketId).execute()
}

export async function insertClocks(
  trx: Transaction<TicketTables>,
  rows: readonly Insertable<TicketClockTable>[],
): Promise<void> {
  await trx.insertInto('ticket_clocks').values(rows).execute()
}

export async function updateClock(trx: Transaction<TicketTables>, row: ClockRow): Promise<void> {
  await trx.updateTable('ticket_clocks').set(row).where('id', '=', row.id).execute()
}

/** Tickets with a clock that has not stopped, in the order of their ids, after this one. */
export async function listTimedTickets(
  db: Kysely<TicketTables>,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<string[]> {
  const running = db
    .selectFrom('ticket_clocks')
    .select('ticket_id')
    .distinct()
    .where('stopped_at', 'is', null)
  const rows = await (after === null ? running : running.where('ticket_id', '>', after))
    .orderBy('ticket_id')
    .limit(limit)
    .execute()
  return rows.map(({ ticket_id: id }) => id)
}

export async function pagePolicies(
  db: Kysely<TicketTables>,
  request: Omit<PageRequest, 'page'>,
): Promise<Page<PolicyRow>> {
  const all = db.selectFrom('sla_policies')
  return await listPage({
    query: all.selectAll('sla_policies'),
    sort: { column: 'sla_policies.policy_key', holds: 'text', descending: false },
    sortValueOf: ({ policy_key: key }) => key,
    request,
  })
}

/** All of them: those by which the clocks go. */
export async function listPolicies(db: Kysely<TicketTables>): Promise<PolicyRow[]> {
  return await db.selectFrom('sla_policies').selectAll().orderBy('policy_key').execute()
}

/** There is one row, which the migration has made. */
export async function getHours(db: Kysely<TicketTables>): Promise<HoursRow> {
  return await db.selectFrom('business_hours').selectAll().executeTakeFirstOrThrow()
}

export async function listHolidays(db: Kysely<TicketTables>) {
  return await db.selectFrom('holidays').selectAll().orderBy('day').execute()
}
