import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  await createTable(db, 'outbox', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('type', types.text(100), (column) => column.notNull())
      .addColumn('subject', types.text(200), (column) => column.notNull())
      .addColumn('record_version', types.integer, (column) => column.notNull())
      .addColumn('data', types.longText, (column) => column.notNull())
      .addColumn('actor_id', types.id)
      .addColumn('traceparent', types.text(60))
      .addColumn('occurred_at', types.time, (column) => column.notNull())
      .addColumn('position', types.integer),
  )
  await createIndex(db, 'outbox', ['position'], { unique: true })
  await createIndex(db, 'outbox', ['subject', 'record_version'])

  await createTable(db, 'idempotency_keys', (table, types) =>
    table
      .addColumn('id', types.text(64), (column) => column.primaryKey())
      .addColumn('fingerprint', types.text(64), (column) => column.notNull())
      .addColumn('answer', types.longText)
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'idempotency_keys', ['created_at'])
}
