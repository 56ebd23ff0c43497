import { sql } from 'kysely'
import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  await createTable(db, 'deliveries', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('channel', types.text(20), (column) => column.notNull())
      .addColumn('kind', types.text(60), (column) => column.notNull())
      .addColumn('recipient', types.text(254), (column) => column.notNull())
      .addColumn('title', types.text(500), (column) => column.notNull())
      .addColumn('text', types.longText, (column) => column.notNull())
      .addColumn('html', types.longText, (column) => column.notNull())
      .addColumn('dedupe_key', types.text(200), (column) => column.notNull())
      .addColumn('state', types.text(20), (column) => column.notNull())
      .addColumn('attempts', types.integer, (column) => column.notNull())
      .addColumn('last_error', types.text(1_000))
      .addColumn('failing_since_at', types.time)
      .addColumn('sent_at', types.time)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'deliveries', ['dedupe_key'], { unique: true })
  await createIndex(db, 'deliveries', ['created_at', 'id'])
  await createIndex(db, 'deliveries', ['state', 'created_at', 'id'])
  await createIndex(db, 'deliveries', ['sent_at'])

  await createTable(db, 'notifications', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('user_id', types.id, (column) => column.notNull())
      .addColumn('kind', types.text(60), (column) => column.notNull())
      .addColumn('title', types.text(200), (column) => column.notNull())
      .addColumn('body', types.text(2_000), (column) => column.notNull())
      .addColumn('subject', types.text(200), (column) => column.notNull())
      .addColumn('dedupe_key', types.text(200), (column) => column.notNull())
      .addColumn('read_at', types.time)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'notifications', ['user_id', 'dedupe_key'], { unique: true })
  await createIndex(db, 'notifications', ['user_id', 'created_at', 'id'])
  await createIndex(db, 'notifications', ['user_id', 'read_at'])
  await createIndex(db, 'notifications', ['read_at'])

  await createTable(db, 'unread_counts', (table, types) =>
    table
      .addColumn('user_id', types.id, (column) => column.primaryKey())
      .addColumn('unread', types.integer, (column) => column.notNull())
      .addCheckConstraint('unread_counts_unread_check', sql`unread >= 0`),
  )
}
