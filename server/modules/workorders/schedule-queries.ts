import type { Kysely, Selectable, Transaction } from 'kysely'
import { Compile } from 'typebox/compile'
import { listPage, type Page, type PageRequest, rowCount } from '#platform/database/pages'
import type { ScheduleTable } from './planning-tables.ts'
import { ScheduleRule, ScheduleTemplate } from './schedule-schemas.ts'
import type { WorkOrderTables } from './table.ts'

/** A schedule with its texts read. */
export type ScheduleRow = Omit<Selectable<ScheduleTable>, 'template' | 'rule'> & {
  readonly template: ScheduleTemplate
  readonly rule: ScheduleRule
}

const rules = Compile(ScheduleRule)
const templates = Compile(ScheduleTemplate)

export async function findSchedule(
  db: Kysely<WorkOrderTables>,
  id: string,
): Promise<ScheduleRow | undefined> {
  return read(await standing(db).selectAll().where('id', '=', id).executeTakeFirst())
}

export async function lockSchedule(
  trx: Transaction<WorkOrderTables>,
  id: string,
): Promise<ScheduleRow | undefined> {
  return read(await standing(trx).selectAll().where('id', '=', id).forUpdate().executeTakeFirst())
}

export async function listSchedules(
  db: Kysely<WorkOrderTables>,
  request: PageRequest,
): Promise<Page<ScheduleRow>> {
  const page = await listPage({
    query: standing(db).selectAll(),
    sort: { column: 'work_schedules.created_at', holds: 'time', descending: true },
    sortValueOf: (row) => row.created_at,
    request,
    total: async () => (await standing(db).select(rowCount).executeTakeFirstOrThrow()).count,
  })
  return { ...page, rows: page.rows.map(parse) }
}

export async function insertSchedule(trx: Transaction<WorkOrderTables>, row: ScheduleRow): Promise<void> {
  await trx.insertInto('work_schedules').values(write(row)).execute()
}

export async function updateSchedule(trx: Transaction<WorkOrderTables>, row: ScheduleRow): Promise<void> {
  const { id, ...change } = write(row)
  await trx.updateTable('work_schedules').set(change).where('id', '=', id).execute()
}

/** The last day of a schedule for which there is an order. */
export async function findLastRaised(
  db: Kysely<WorkOrderTables>,
  scheduleId: string,
): Promise<string | null> {
  const last = await db
    .selectFrom('work_orders')
    .select('schedule_day')
    .where('schedule_id', '=', scheduleId)
    .orderBy('schedule_day', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last?.schedule_day ?? null
}

function standing(db: Kysely<WorkOrderTables>) {
  return db.selectFrom('work_schedules').where('deleted_at', 'is', null)
}

function read(row: Selectable<ScheduleTable> | undefined): ScheduleRow | undefined {
  return row === undefined ? undefined : parse(row)
}

function parse(row: Selectable<ScheduleTable>): ScheduleRow {
  return {
    ...row,
    rule: rules.Parse(JSON.parse(row.rule)),
    template: templates.Parse(JSON.parse(row.template)),
  }
}

function write({ rule, template, ...rest }: ScheduleRow): Selectable<ScheduleTable> {
  return { ...rest, rule: JSON.stringify(rule), template: JSON.stringify(template) }
}
