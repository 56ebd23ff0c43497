import { sql } from 'kysely'
import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  // One row a business day, locked by whoever takes the next number: the numbers have no gaps.
  await createTable(db, 'work_order_numbers', (table, types) =>
    table
      .addColumn('business_day', types.text(10), (column) => column.primaryKey())
      .addColumn('last_number', types.integer, (column) => column.notNull()),
  )
  await createTable(db, 'work_orders', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('number', types.text(40), (column) => column.notNull())
      .addColumn('business_day', types.text(10), (column) => column.notNull())
      .addColumn('origin', types.text(20), (column) => column.notNull())
      .addColumn('product_id', types.id)
      .addColumn('product_name', types.text(200), (column) => column.notNull())
      .addColumn('search_text', types.text(12_000), (column) => column.notNull())
      .addColumn('quantity', types.integer, (column) => column.notNull())
      .addColumn('allowance', types.integer, (column) => column.notNull())
      .addColumn('status', types.text(20), (column) => column.notNull())
      .addColumn('priority', types.text(20), (column) => column.notNull())
      .addColumn('operator_id', types.id)
      .addColumn('planned_start_at', types.time)
      .addColumn('deadline_at', types.time, (column) => column.notNull())
      .addColumn('overdue_at', types.time)
      .addColumn('expected_at', types.time)
      .addColumn('started_at', types.time)
      .addColumn('finished_at', types.time)
      .addColumn('last_output_at', types.time)
      .addColumn('hold_reason', types.text(20))
      .addColumn('hold_note', types.text(1_000))
      .addColumn('held_at', types.time)
      .addColumn('held_ms', types.integer, (column) => column.notNull())
      .addColumn('output_held_ms', types.integer, (column) => column.notNull())
      .addColumn('cancel_reason', types.text(1_000))
      .addColumn('notes', types.longText)
      .addColumn('demand_key', types.text(40))
      .addColumn('schedule_id', types.id)
      .addColumn('schedule_day', types.text(10))
      .addColumn('created_by', types.id)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull())
      .addCheckConstraint('work_orders_quantity_check', sql`quantity > 0 and allowance >= 0`),
  )
  await createIndex(db, 'work_orders', ['number'], { unique: true })
  await createIndex(db, 'work_orders', ['demand_key'], { unique: true })
  await createIndex(db, 'work_orders', ['schedule_id', 'schedule_day'], { unique: true })
  for (const columns of [
    ['created_at', 'id'],
    ['deadline_at', 'id'],
    ['status', 'deadline_at', 'id'],
    ['product_id', 'status'],
    ['business_day'],
    ['finished_at'],
  ])
    await createIndex(db, 'work_orders', columns)

  await createTable(db, 'work_order_operators', (table, types) =>
    table
      .addColumn('work_order_id', types.id, (column) => column.notNull().references('work_orders.id'))
      .addColumn('operator_id', types.id, (column) => column.notNull())
      .addColumn('assigned_at', types.time, (column) => column.notNull())
      .addPrimaryKeyConstraint('work_order_operators_pkey', ['work_order_id', 'operator_id']),
  )
  await createIndex(db, 'work_order_operators', ['operator_id', 'work_order_id'])

  await createTable(db, 'work_order_changes', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('work_order_id', types.id, (column) => column.notNull().references('work_orders.id'))
      .addColumn('from_status', types.text(20))
      .addColumn('to_status', types.text(20), (column) => column.notNull())
      .addColumn('quantity', types.integer, (column) => column.notNull())
      .addColumn('scrap', types.integer, (column) => column.notNull())
      .addColumn('hold_reason', types.text(20))
      .addColumn('note', types.text(1_000))
      .addColumn('actor_id', types.id)
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'work_order_changes', ['work_order_id', 'id'])
  await createIndex(db, 'work_order_changes', ['created_at', 'id'])

  await createTable(db, 'work_order_holds', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('work_order_id', types.id, (column) => column.notNull().references('work_orders.id'))
      .addColumn('reason', types.text(20), (column) => column.notNull())
      .addColumn('note', types.text(1_000))
      .addColumn('started_by', types.id)
      .addColumn('started_at', types.time, (column) => column.notNull())
      .addColumn('ended_at', types.time),
  )
  await createIndex(db, 'work_order_holds', ['work_order_id', 'started_at'])
  await createIndex(db, 'work_order_holds', ['started_at'])

  // What the shop floor tells of its progress, in words; the quantities that come with it are entries of the log.
  await createTable(db, 'work_order_reports', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('work_order_id', types.id, (column) => column.notNull().references('work_orders.id'))
      .addColumn('note', types.text(1_000), (column) => column.notNull())
      .addColumn('operator_id', types.id)
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'work_order_reports', ['work_order_id', 'id'])

  await createTable(db, 'production_entries', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('work_order_id', types.id, (column) => column.notNull().references('work_orders.id'))
      .addColumn('kind', types.text(20), (column) => column.notNull())
      .addColumn('quantity', types.integer, (column) => column.notNull())
      .addColumn('scrap_reason', types.text(20))
      .addColumn('note', types.text(1_000))
      .addColumn('reverses_id', types.id)
      .addColumn('report_id', types.id)
      .addColumn('operator_id', types.id)
      .addColumn('recorded_by', types.id)
      .addColumn('business_day', types.text(10), (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'production_entries', ['reverses_id'], { unique: true })
  await createIndex(db, 'production_entries', ['work_order_id', 'id'])
  await createIndex(db, 'production_entries', ['report_id'])
  await createIndex(db, 'production_entries', ['business_day'])

  await createTable(db, 'work_order_comments', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('work_order_id', types.id, (column) => column.notNull().references('work_orders.id'))
      .addColumn('text', types.longText)
      .addColumn('file_ids', types.longText)
      .addColumn('author_id', types.id)
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'work_order_comments', ['work_order_id', 'id'])

  // Who works on what, from when to when; `open_key` makes a second clock of the same operator impossible.
  await createTable(db, 'work_sessions', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('work_order_id', types.id, (column) => column.notNull().references('work_orders.id'))
      .addColumn('operator_id', types.id, (column) => column.notNull())
      .addColumn('started_at', types.time, (column) => column.notNull())
      .addColumn('ended_at', types.time)
      .addColumn('end_cause', types.text(20))
      .addColumn('open_key', types.text(80)),
  )
  await createIndex(db, 'work_sessions', ['open_key'], { unique: true })
  await createIndex(db, 'work_sessions', ['work_order_id', 'started_at'])
  await createIndex(db, 'work_sessions', ['operator_id', 'started_at'])
}
