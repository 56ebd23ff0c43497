import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  // The relay looks for the events without a position, oldest first.
  await createIndex(db, 'outbox', ['position', 'id'])

  await createTable(db, 'installation', (table, types) =>
    table
      .addColumn('name', types.text(20), (column) => column.primaryKey())
      .addColumn('id', types.id, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )

  await createTable(db, 'leases', (table, types) =>
    table
      .addColumn('name', types.text(60), (column) => column.primaryKey())
      .addColumn('holder', types.text(60), (column) => column.notNull())
      .addColumn('token', types.integer, (column) => column.notNull())
      .addColumn('until_at', types.time, (column) => column.notNull()),
  )

  await createTable(db, 'event_publishers', (table, types) =>
    table
      .addColumn('carrier', types.text(60), (column) => column.primaryKey())
      .addColumn('store', types.text(200), (column) => column.notNull())
      .addColumn('position', types.integer, (column) => column.notNull()),
  )
  await createTable(db, 'event_readers', (table, types) =>
    table
      .addColumn('name', types.text(60), (column) => column.primaryKey())
      .addColumn('cursor', types.text(2_000)),
  )
  await createTable(db, 'event_consumers', (table, types) =>
    table
      .addColumn('name', types.text(60), (column) => column.primaryKey())
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )

  await createTable(db, 'inbox', (table, types) =>
    table
      .addColumn('consumer', types.text(60), (column) => column.notNull())
      .addColumn('event_id', types.id, (column) => column.notNull())
      .addColumn('subject', types.text(200), (column) => column.notNull())
      .addColumn('source', types.text(60), (column) => column.notNull())
      .addColumn('position', types.integer, (column) => column.notNull())
      .addColumn('received_at', types.time, (column) => column.notNull())
      .addColumn('handled_at', types.time)
      .addColumn('attempts', types.integer, (column) => column.notNull())
      .addColumn('due_at', types.time)
      .addColumn('parked_at', types.time)
      .addColumn('last_error', types.text(1_000))
      .addColumn('event', types.longText)
      .addPrimaryKeyConstraint('inbox_consumer_event_id_key', ['consumer', 'event_id']),
  )
  await createIndex(db, 'inbox', ['due_at'])
  await createIndex(db, 'inbox', ['parked_at'])
  await createIndex(db, 'inbox', ['handled_at'])

  await createTable(db, 'inbox_floors', (table, types) =>
    table
      .addColumn('consumer', types.text(60), (column) => column.notNull())
      .addColumn('source', types.text(60), (column) => column.notNull())
      .addColumn('position', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('inbox_floors_consumer_source_key', ['consumer', 'source']),
  )

  await createTable(db, 'timers', (table, types) =>
    table
      .addColumn('kind', types.text(60), (column) => column.notNull())
      .addColumn('subject', types.text(200), (column) => column.notNull())
      .addColumn('due_at', types.time, (column) => column.notNull())
      .addColumn('next_at', types.time, (column) => column.notNull())
      .addColumn('attempt', types.integer, (column) => column.notNull())
      .addColumn('claim_id', types.id)
      .addColumn('data', types.longText)
      .addColumn('last_error', types.text(1_000))
      .addPrimaryKeyConstraint('timers_kind_subject_key', ['kind', 'subject']),
  )
  await createIndex(db, 'timers', ['next_at'])
}
