import { addColumn, createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  // Null is `deny`: what is not there is not sold.
  await addColumn(db, 'products', { name: 'stock_policy', type: (types) => types.text(20) })
  // Units sold that are not there yet, and units of our production that came in, of all time; a record of its own,
  // so that who buys what is there writes nothing here. The id is the product's.
  await createTable(db, 'product_demands', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('waiting', types.integer, (column) => column.notNull())
      .addColumn('received', types.integer, (column) => column.notNull())
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  // How many of a line's units are still to come; null is none.
  await addColumn(db, 'order_lines', { name: 'waiting', type: (types) => types.integer })
  await addColumn(db, 'order_lines', { name: 'waiting_since_at', type: (types) => types.time })
  // The business day by which a waiting line is expected to be complete.
  await addColumn(db, 'order_lines', { name: 'promised_on', type: (types) => types.text(10) })
  await addColumn(db, 'stock_entries', { name: 'work_order_id', type: (types) => types.id })
  await createIndex(db, 'order_lines', ['product_id', 'waiting', 'waiting_since_at'])
  // The work orders that are under way for a product, as their events tell of them; the id is the work order's.
  await createTable(db, 'product_supplies', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('product_id', types.id, (column) => column.notNull())
      .addColumn('number', types.text(40), (column) => column.notNull())
      .addColumn('status', types.text(20), (column) => column.notNull())
      .addColumn('quantity', types.integer, (column) => column.notNull())
      .addColumn('good', types.integer, (column) => column.notNull())
      .addColumn('expected_at', types.time)
      .addColumn('deadline_at', types.time)
      .addColumn('hold_reason', types.text(20))
      .addColumn('hold_note', types.text(1_000))
      .addColumn('held_at', types.time)
      .addColumn('as_of_at', types.time, (column) => column.notNull())
      .addColumn('version', types.integer, (column) => column.notNull()),
  )
  await createIndex(db, 'product_supplies', ['product_id', 'status'])
}
