import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

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
      .addColumn('ticket_id', types.id, (column) => column.notNull().references('tickets.id'))
      .addColumn('kind', types.text(20), (column) => column.notNull())
      .addColumn('policy_id', types.id)
      .addColumn('target_minutes', types.integer, (column) => column.notNull())
      .addColumn('warn_percent', types.integer, (column) => column.notNull())
      .addColumn('started_at', types.time, (column) => column.notNull())
      .addColumn('due_at', types.time)
      .addColumn('warned_at', types.time)
      .addColumn('breached_at', types.time)
      .addColumn('stopped_at', types.time)
      .addColumn('paused_at', types.time)
      .addPrimaryKeyConstraint('ticket_clocks_pkey', ['ticket_id', 'kind']),
  )
  await createIndex(db, 'ticket_clocks', ['due_at'])
}
