import type { Kysely, Selectable, Transaction } from 'kysely'
import { Compile } from 'typebox/compile'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import { RecurrenceRule } from '#platform/http/recurrence'
import type { ScheduleTable } from './planning-tables.ts'
import { LastRaised, OrderTemplate } from './schedule-schemas.ts'
import type { WorkOrderTables } from './table.ts'

/** A row with what it holds as JSON read. */
export type ScheduleRow = Omit<Selectable<ScheduleTable>, 'template' | 'rule' | 'last_raised'> & {
  readonly template: OrderTemplate
  readonly rule: RecurrenceRule
  readonly last_raised: LastRaised | null
}

const templates = Compile(OrderTemplate)
const rules = Compile(RecurrenceRule)
const raised = Compile(LastRaised)

export async function findSchedule(
  db: Kysely<WorkOrderTables>,
  id: string,
): Promise<ScheduleRow | undefined> {
  const row = await db
    .selectFrom('work_schedules')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row === undefined ? undefined : read(row)
}

export async function lockSchedule(
  trx: Transaction<WorkOrderTables>,
  id: string,
): Promise<ScheduleRow | undefined> {
  const row = await trx
    .selectFrom('work_schedules')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  return row === undefined ? undefined : read(row)
}

export async function listSchedules(
  db: Kysely<WorkOrderTables>,
  request: PageRequest,
): Promise<Page<ScheduleRow>> {
  const found = db.selectFrom('work_schedules').where('deleted_at', 'is', null)
  const page = await listPage({
    query: found.selectAll(),
    sort: { column: 'work_schedules.created_at', holds: 'time', descending: true },
    sortValueOf: (row) => row.created_at,
    request,
  })
  return { ...page, rows: page.rows.map(read) }
}

export async function insertSchedule(trx: Transaction<WorkOrderTables>, row: ScheduleRow): Promise<void> {
  await trx.insertInto('work_schedules').values(written(row)).execute()
}

export async function updateSchedule(trx: Transaction<WorkOrderTables>, row: ScheduleRow): Promise<void> {
  await trx.updateTable('work_schedules').set(written(row)).where('id', '=', row.id).execute()
}

function written({ template, rule, last_raised: last, ...row }: ScheduleRow): Selectable<ScheduleTable> {
  return {
    ...row,
    template: JSON.stringify(template),
    rule: JSON.stringify(rule),
    last_raised: last === null ? null : JSON.stringify(last),
  }
}

function read({ template, rule, last_raised: last, ...row }: Selectable<ScheduleTable>): ScheduleRow {
  return {
    ...row,
    template: templates.Parse(JSON.parse(template)),
    rule: rules.Parse(JSON.parse(rule)),
    last_raised: last === null ? null : raised.Parse(JSON.parse(last)),
  }
}
