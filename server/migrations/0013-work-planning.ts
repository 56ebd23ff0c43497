import { sql } from 'kysely'
import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  // The shop's products as its events tell of them, so that nobody here asks the shop.
  await createTable(db, 'work_products', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('name', types.text(200), (column) => column.notNull())
      .addColumn('sku', types.text(64))
      .addColumn('on_hand', types.integer, (column) => column.notNull())
      .addColumn('deleted_at', types.time)
      .addColumn('described_version', types.integer, (column) => column.notNull())
      .addColumn('version', types.integer, (column) => column.notNull()),
  )
  // What orders wait for, and how much of our output the shop has counted; both as of the shop's version of them.
  await createTable(db, 'work_demands', (table, types) =>
    table
      .addColumn('product_id', types.id, (column) => column.primaryKey())
      .addColumn('product_name', types.text(200), (column) => column.notNull())
      .addColumn('waiting', types.integer, (column) => column.notNull())
      .addColumn('received', types.integer, (column) => column.notNull())
      .addColumn('produced', types.integer, (column) => column.notNull())
      .addColumn('version', types.integer, (column) => column.notNull()),
  )
  await createTable(db, 'work_materials', (table, types) =>
    table
      .addColumn('product_id', types.id, (column) => column.notNull())
      .addColumn('component_id', types.id, (column) => column.notNull())
      .addColumn('quantity', types.integer, (column) => column.notNull())
      .addColumn('per_quantity', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('work_materials_pkey', ['product_id', 'component_id'])
      .addCheckConstraint('work_materials_quantity_check', sql`quantity > 0 and per_quantity > 0`),
  )
  await createIndex(db, 'work_materials', ['component_id'])
  // The id is the product's; the row stays when the bill is removed, so that its versions go on.
  await createTable(db, 'work_bills', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('deleted_at', types.time)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  // The bill as it was when the order was made, and what was taken of it since.
  await createTable(db, 'work_order_materials', (table, types) =>
    table
      .addColumn('work_order_id', types.id, (column) => column.notNull().references('work_orders.id'))
      .addColumn('component_id', types.id, (column) => column.notNull())
      .addColumn('quantity', types.integer, (column) => column.notNull())
      .addColumn('per_quantity', types.integer, (column) => column.notNull())
      .addColumn('consumed', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('work_order_materials_pkey', ['work_order_id', 'component_id']),
  )
  await createTable(db, 'work_schedules', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('name', types.text(200), (column) => column.notNull())
      .addColumn('template', types.longText, (column) => column.notNull())
      .addColumn('rule', types.longText, (column) => column.notNull())
      .addColumn('start_day', types.text(10), (column) => column.notNull())
      .addColumn('next_day', types.text(10))
      .addColumn('last_raised', types.longText)
      .addColumn('paused_at', types.time)
      .addColumn('deleted_at', types.time)
      .addColumn('created_by', types.id)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'work_schedules', ['created_at', 'id'])
}
