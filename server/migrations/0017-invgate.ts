import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  // What is to be done at InvGate, in the sequence of each ticket.
  await createTable(db, 'invgate_deliveries', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('ticket_id', types.id, (column) => column.notNull().references('tickets.id'))
      .addColumn('kind', types.text(20), (column) => column.notNull())
      .addColumn('payload', types.longText, (column) => column.notNull())
      .addColumn('state', types.text(20), (column) => column.notNull())
      .addColumn('attempts', types.integer, (column) => column.notNull())
      .addColumn('last_error', types.text(1_000))
      .addColumn('sent_at', types.time)
      .addColumn('done_at', types.time)
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'invgate_deliveries', ['ticket_id', 'id'])
  await createIndex(db, 'invgate_deliveries', ['state', 'created_at'])
  await createIndex(db, 'invgate_deliveries', ['done_at'])
  await createTable(db, 'invgate_users', (table, types) =>
    table
      .addColumn('user_id', types.id, (column) => column.primaryKey())
      .addColumn('invgate_id', types.integer)
      .addColumn('making_at', types.time)
      .addColumn('state', types.text(20), (column) => column.notNull())
      .addColumn('attempts', types.integer, (column) => column.notNull())
      .addColumn('last_error', types.text(1_000))
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'invgate_users', ['invgate_id'])
  // One row a thing worth remembering over restarts: last contact, the time of the last poll.
  await createTable(db, 'invgate_state', (table, types) =>
    table
      .addColumn('name', types.text(40), (column) => column.primaryKey())
      .addColumn('value', types.longText)
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
}
