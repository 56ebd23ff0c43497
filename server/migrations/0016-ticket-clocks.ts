import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'
import { insertOnce } from '#platform/database/upsert'
import { indonesianHolidays } from './indonesian-holidays.ts'

export async function up(db: MigrationDatabase): Promise<void> {
  await createTable(db, 'sla_policies', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('name', types.text(120), (column) => column.notNull())
      .addColumn('priority_id', types.integer)
      .addColumn('category_id', types.integer)
      .addColumn('policy_key', types.text(40), (column) => column.notNull())
      .addColumn('first_response_minutes', types.integer)
      .addColumn('resolution_minutes', types.integer)
      .addColumn('warn_percent', types.integer, (column) => column.notNull())
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'sla_policies', ['policy_key'], { unique: true })
  // One row: the hours of each weekday, as JSON.
  await createTable(db, 'business_hours', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('hours', types.longText, (column) => column.notNull())
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createTable(db, 'holidays', (table, types) =>
    table
      .addColumn('day', types.text(10), (column) => column.primaryKey())
      .addColumn('name', types.text(200), (column) => column.notNull())
      .addColumn('kind', types.text(20), (column) => column.notNull()),
  )
  await createTable(db, 'ticket_clocks', (table, types) =>
    table
      .addColumn('id', types.text(60), (column) => column.primaryKey())
      .addColumn('ticket_id', types.id, (column) => column.notNull().references('tickets.id'))
      .addColumn('kind', types.text(20), (column) => column.notNull())
      .addColumn('policy_id', types.id)
      .addColumn('target_minutes', types.integer)
      .addColumn('warn_percent', types.integer, (column) => column.notNull())
      .addColumn('business_day', types.text(10), (column) => column.notNull())
      .addColumn('started_at', types.time, (column) => column.notNull())
      .addColumn('due_at', types.time)
      .addColumn('warned_at', types.time)
      .addColumn('breached_at', types.time)
      .addColumn('stopped_at', types.time)
      .addColumn('paused_at', types.time)
      .addColumn('used_ms', types.integer),
  )
  await createIndex(db, 'ticket_clocks', ['ticket_id', 'kind'], { unique: true })
  await createIndex(db, 'ticket_clocks', ['stopped_at', 'ticket_id'])
  await createIndex(db, 'ticket_clocks', ['kind', 'business_day'])
  await fillHolidays(db)
  await fillHours(db)
  await fillPolicies(db)
}

async function fillHolidays(db: MigrationDatabase): Promise<void> {
  const { count } = await db
    .withTables<Filled>()
    .selectFrom('holidays')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (count === 0) await db.withTables<Filled>().insertInto('holidays').values(indonesianHolidays).execute()
}

const HOURS_ID = '00000000-0000-7000-8000-000000000016'

/** Eight hours a working day, the break left out, so that a target of eight hours is one day. */
async function fillHours(db: MigrationDatabase): Promise<void> {
  const day = [
    { from: '08:00', to: '12:00' },
    { from: '13:00', to: '17:00' },
  ]
  await insertOnce(db, 'business_hours', {
    id: HOURS_ID,
    hours: JSON.stringify([day, day, day, day, day, [], []]),
    version: 0,
    updated_at: new Date(0),
  })
}

/** By priority, from Low to Critical, and for all others: minutes until the first response and the resolution. */
const POLICIES = [
  { priority: null, name: 'Default', response: 240, resolution: 1_440 },
  { priority: 1, name: 'Low', response: 480, resolution: 2_400 },
  { priority: 2, name: 'Medium', response: 240, resolution: 1_440 },
  { priority: 3, name: 'High', response: 120, resolution: 960 },
  { priority: 4, name: 'Urgent', response: 60, resolution: 480 },
  { priority: 5, name: 'Critical', response: 30, resolution: 240 },
]

async function fillPolicies(db: MigrationDatabase): Promise<void> {
  for (const { priority, name, response, resolution } of POLICIES)
    await insertOnce(db, 'sla_policies', {
      id: `00000000-0000-7000-8000-0000000016${String(priority ?? 0).padStart(2, '0')}`,
      name,
      priority_id: priority,
      category_id: null,
      policy_key: `${priority ?? '*'}/*`,
      first_response_minutes: response,
      resolution_minutes: resolution,
      warn_percent: 80,
      version: 0,
      created_at: new Date(0),
      updated_at: new Date(0),
    })
}

type Filled = { holidays: { day: string; name: string; kind: string } }
