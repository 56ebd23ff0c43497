import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  await createTable(db, 'webhooks', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('url', types.longText, (column) => column.notNull())
      .addColumn('event_types', types.longText, (column) => column.notNull())
      .addColumn('description', types.text(500))
      .addColumn('sealed_secret', types.text(500), (column) => column.notNull())
      .addColumn('disabled_at', types.time)
      .addColumn('disabled_reason', types.text(20))
      .addColumn('failing_since_at', types.time)
      .addColumn('paused_until_at', types.time)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'webhooks', ['created_at', 'id'])

  await createTable(db, 'webhook_deliveries', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('webhook_id', types.id, (column) => column.notNull())
      .addColumn('event_id', types.id, (column) => column.notNull())
      .addColumn('event_type', types.text(100), (column) => column.notNull())
      .addColumn('body', types.longText, (column) => column.notNull())
      .addColumn('state', types.text(20), (column) => column.notNull())
      .addColumn('attempts', types.integer, (column) => column.notNull())
      .addColumn('last_status', types.integer)
      .addColumn('last_error', types.text(500))
      .addColumn('last_answer', types.text(500))
      .addColumn('begun_at', types.time, (column) => column.notNull())
      .addColumn('last_attempt_at', types.time)
      .addColumn('next_attempt_at', types.time)
      .addColumn('delivered_at', types.time)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'webhook_deliveries', ['webhook_id', 'event_id'], { unique: true })
  await createIndex(db, 'webhook_deliveries', ['webhook_id', 'created_at', 'id'])
  await createIndex(db, 'webhook_deliveries', ['webhook_id', 'state', 'created_at', 'id'])
  await createIndex(db, 'webhook_deliveries', ['created_at'])
}
