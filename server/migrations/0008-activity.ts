import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  await createIndex(db, 'outbox', ['actor_id', 'id'])

  await createTable(db, 'foreign_events', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('source', types.text(60), (column) => column.notNull())
      .addColumn('position', types.integer, (column) => column.notNull())
      .addColumn('type', types.text(100), (column) => column.notNull())
      .addColumn('subject', types.text(200), (column) => column.notNull())
      .addColumn('record_version', types.integer, (column) => column.notNull())
      .addColumn('data', types.longText, (column) => column.notNull())
      .addColumn('actor_id', types.id)
      .addColumn('occurred_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'foreign_events', ['subject', 'record_version'])
  await createIndex(db, 'foreign_events', ['actor_id', 'id'])
}
