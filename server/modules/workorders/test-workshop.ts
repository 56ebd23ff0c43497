import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import type { Insertable, Kysely } from 'kysely'
import type { PeopleTables } from '#modules/people'
import { systemIds } from '#platform/id'
import type { ProductionEntryTable } from './log-tables.ts'
import type { WorkOrderTable, WorkOrderTables } from './table.ts'

const FOLDER = 'samples/workshop'
/** As many rows as one statement takes on every engine. */
const ROWS = 200

type Line = Readonly<Record<string, string>>

/** The month of the sample, written into the tables as the program would have; see `samples/workshop/README.md`. */
export async function loadWorkshop(db: Kysely<WorkOrderTables>): Promise<void> {
  const [operators, orders, entries, holds, sessions] = await Promise.all(
    ['operators', 'orders', 'entries', 'holds', 'sessions'].map(readTable),
  )
  const operatorIds = new Map(operators?.map(({ code, id }) => [code, id]))
  const operatorOf = ({ operator }: Line) => operatorIds.get(operator) ?? null
  const orderIds = new Map(orders?.map(({ number }) => [number, systemIds.next()]))
  const orderOf = ({ order }: Line) => need(orderIds.get(order))
  const entryIds = new Map(entries?.map(({ entry }) => [entry, systemIds.next()]))

  await insertPeople(db.withTables<PeopleTables>(), operators ?? [])
  await insertAll(orders, async (lines) => {
    const rows = lines.map((line) =>
      workOrderRow({
        id: need(orderIds.get(line['number'])),
        number: need(line['number']),
        business_day: need(line['created']).slice(0, 10),
        product_name: need(line['product']),
        quantity: Number(line['quantity']),
        status: need(line['status']),
        operator_id: operatorOf(line),
        deadline_at: timeOf(line['deadline']),
        started_at: timeOrNull(line['started']),
        finished_at: timeOrNull(line['finished']),
        created_at: timeOf(line['created']),
      }),
    )
    await db.insertInto('work_orders').values(rows).execute()
  })
  await insertAll(entries, async (lines) => {
    const rows = lines.map((line) =>
      entryRow({
        id: need(entryIds.get(line['entry'])),
        work_order_id: orderOf(line),
        kind: need(line['kind']),
        quantity: Number(line['quantity']),
        scrap_reason: line['scrap_reason'] || null,
        reverses_id: entryIds.get(line['reverses']) ?? null,
        operator_id: operatorOf(line),
        business_day: need(line['at']).slice(0, 10),
        created_at: timeOf(line['at']),
      }),
    )
    await db.insertInto('production_entries').values(rows).execute()
  })
  await insertAll(holds, async (lines) => {
    const rows = lines.map((line) => ({
      id: systemIds.next(),
      work_order_id: orderOf(line),
      reason: need(line['reason']),
      note: null,
      started_by: null,
      started_at: timeOf(line['from']),
      ended_at: timeOrNull(line['to']),
    }))
    await db.insertInto('work_order_holds').values(rows).execute()
  })
  await insertAll(sessions, async (lines) => {
    const rows = lines.map((line) => {
      const place = { work_order_id: orderOf(line), operator_id: need(operatorOf(line) ?? undefined) }
      const ended = timeOrNull(line['to'])
      return {
        id: systemIds.next(),
        ...place,
        started_at: timeOf(line['from']),
        ended_at: ended,
        end_cause: ended === null ? null : 'paused',
        open_key: ended === null ? `${place.operator_id}/${place.work_order_id}` : null,
      }
    })
    await db.insertInto('work_sessions').values(rows).execute()
  })
}

export async function readExpected(name: string): Promise<string> {
  return await readFile(`${FOLDER}/expected-${name}`, 'utf8')
}

/** An order of which only what is given matters. */
export function workOrderRow(
  fields: Partial<Insertable<WorkOrderTable>> & Pick<WorkOrderTable, 'business_day' | 'deadline_at'>,
): Insertable<WorkOrderTable> {
  const id = fields.id ?? systemIds.next()
  const createdAt = fields.created_at ?? new Date(`${fields.business_day}T12:00:00Z`)
  return {
    number: id,
    origin: 'manual',
    product_id: null,
    product_name: 'Kursi',
    search_text: '',
    quantity: 10,
    allowance: 0,
    status: 'in_progress',
    priority: 'normal',
    operator_id: null,
    planned_start_at: null,
    overdue_at: null,
    expected_at: null,
    started_at: null,
    finished_at: null,
    last_output_at: null,
    hold_reason: null,
    hold_note: null,
    held_at: null,
    held_ms: 0,
    output_held_ms: 0,
    cancel_reason: null,
    notes: null,
    demand_key: null,
    schedule_id: null,
    schedule_day: null,
    ticket_id: null,
    ticket_number: null,
    request_id: null,
    created_by: null,
    version: 1,
    created_at: createdAt,
    updated_at: createdAt,
    ...fields,
    id,
  }
}

/** An entry of which only what is given matters. */
export function entryRow(
  fields: Partial<Insertable<ProductionEntryTable>> &
    Pick<ProductionEntryTable, 'work_order_id' | 'kind' | 'quantity' | 'business_day'>,
): Insertable<ProductionEntryTable> {
  return {
    id: systemIds.next(),
    scrap_reason: null,
    note: null,
    reverses_id: null,
    report_id: null,
    operator_id: null,
    recorded_by: null,
    created_at: new Date(`${fields.business_day}T12:00:00Z`),
    ...fields,
  }
}

/** Those with a name; of the others no event has told. */
async function insertPeople(db: Kysely<PeopleTables>, operators: readonly Line[]): Promise<void> {
  const known = operators.filter(({ name }) => name)
  const rows = known.map(({ id, code, name, lastname }) => ({
    id: need(id),
    name: need(name),
    name_key: [name, lastname].filter(Boolean).join(' ').toLowerCase(),
    lastname: lastname || null,
    email: `${code}@karya.test`,
    email_key: `${code}@karya.test`,
    username: null,
    role: 'operator',
    locale: null,
    search_text: '',
    disabled_at: null,
    // Who has left is named still.
    deleted_at: code === 'OP-4' ? new Date() : null,
    updated_at: new Date(),
    version: 1,
  }))
  await db.insertInto('people').values(rows).execute()
}

async function readTable(name: string): Promise<Line[]> {
  return parse(await readFile(`${FOLDER}/${name}.csv`, 'utf8'), { columns: true })
}

async function insertAll(
  lines: readonly Line[] | undefined,
  insert: (some: readonly Line[]) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < need(lines).length; first += ROWS)
    await insert(need(lines).slice(first, first + ROWS))
}

function timeOf(text: string | undefined): Date {
  return new Date(need(text))
}

function timeOrNull(text: string | undefined): Date | null {
  return text ? new Date(text) : null
}

function need<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('the sample is not whole')
  return value
}
