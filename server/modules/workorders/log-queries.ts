import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { EntryKind } from './lifecycle.ts'
import type { ProductionEntryTable, ReportTable } from './log-tables.ts'
import type { WorkOrderTables } from './table.ts'

export type EntryRow = Selectable<ProductionEntryTable>
export type ReportRow = Selectable<ReportTable>

export async function insertEntry(
  trx: Transaction<WorkOrderTables>,
  row: Insertable<ProductionEntryTable>,
): Promise<void> {
  await trx.insertInto('production_entries').values(row).execute()
}

export async function insertReport(
  trx: Transaction<WorkOrderTables>,
  row: Insertable<ReportTable>,
): Promise<void> {
  await trx.insertInto('work_order_reports').values(row).execute()
}

export async function findEntry(
  db: Kysely<WorkOrderTables>,
  { workOrderId, entryId }: { readonly workOrderId: string; readonly entryId: string },
): Promise<EntryRow | undefined> {
  return await db
    .selectFrom('production_entries')
    .selectAll()
    .where('id', '=', entryId)
    .where('work_order_id', '=', workOrderId)
    .executeTakeFirst()
}

/** The reversals of these entries, by the entry that each takes back. */
export async function listReversals(
  db: Kysely<WorkOrderTables>,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('production_entries')
    .select(['id', 'reverses_id'])
    .where('reverses_id', 'in', ids)
    .execute()
  return new Map(rows.flatMap(({ id, reverses_id: reverses }) => (reverses === null ? [] : [[reverses, id]])))
}

/** When the newest of the entries was written that nobody has taken back; null when there is none. */
export async function findLastOutput(
  trx: Transaction<WorkOrderTables>,
  workOrderId: string,
): Promise<Date | null> {
  const row = await trx
    .selectFrom('production_entries as entry')
    .leftJoin('production_entries as reversal', 'reversal.reverses_id', 'entry.id')
    .select('entry.created_at')
    .where('entry.work_order_id', '=', workOrderId)
    .where('entry.reverses_id', 'is', null)
    .where('reversal.id', 'is', null)
    .orderBy('entry.created_at', 'desc')
    .orderBy('entry.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.created_at ?? null
}

type List = {
  readonly workOrderId: string
  readonly descending: boolean
  readonly request: PageRequest
}

export async function listEntries(
  db: Kysely<WorkOrderTables>,
  { workOrderId, kind, descending, request }: List & { readonly kind: EntryKind | undefined },
): Promise<Page<EntryRow>> {
  let found = db.selectFrom('production_entries').where('work_order_id', '=', workOrderId)
  if (kind !== undefined) found = found.where('kind', '=', kind)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'production_entries.id', holds: 'text', descending },
    sortValueOf: (row) => row.id,
    request,
  })
}

export async function listReports(
  db: Kysely<WorkOrderTables>,
  { workOrderId, descending, request }: List,
): Promise<Page<ReportRow>> {
  const found = db.selectFrom('work_order_reports').where('work_order_id', '=', workOrderId)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'work_order_reports.id', holds: 'text', descending },
    sortValueOf: (row) => row.id,
    request,
  })
}

/** The entries that came with these reports, in the order in which they were written. */
export async function listEntriesOfReports(
  db: Kysely<WorkOrderTables>,
  ids: readonly string[],
): Promise<readonly EntryRow[]> {
  if (ids.length === 0) return []
  return await db
    .selectFrom('production_entries')
    .selectAll()
    .where('report_id', 'in', ids)
    .orderBy('id')
    .execute()
}
