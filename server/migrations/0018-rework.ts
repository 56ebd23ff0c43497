import { addColumn, createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  // The ticket for which an order mends something, and the event that asked for it.
  await addColumn(db, 'work_orders', { name: 'ticket_id', type: (types) => types.id })
  await addColumn(db, 'work_orders', { name: 'ticket_number', type: (types) => types.text(40) })
  await addColumn(db, 'work_orders', { name: 'request_id', type: (types) => types.id })
  await createIndex(db, 'work_orders', ['request_id'], { unique: true })
  await createIndex(db, 'work_orders', ['ticket_id'])
  // Files of tickets that whoever reads work orders may read as well.
  await createTable(db, 'work_order_files', (table, types) =>
    table
      .addColumn('file_id', types.id, (column) => column.notNull())
      .addColumn('work_order_id', types.id, (column) => column.notNull().references('work_orders.id'))
      .addPrimaryKeyConstraint('work_order_files_pkey', ['file_id', 'work_order_id']),
  )
}
