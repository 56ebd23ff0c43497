import { sql } from 'kysely'
import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  await createTable(db, 'categories', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('name', types.text(200), (column) => column.notNull())
      .addColumn('name_key', types.text(200), (column) => column.notNull())
      .addColumn('deleted_at', types.time)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'categories', ['name_key'], { unique: true })

  await createTable(db, 'products', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('category_id', types.id, (column) => column.notNull().references('categories.id'))
      .addColumn('sku', types.text(64))
      .addColumn('sku_key', types.text(64))
      .addColumn('name', types.text(200), (column) => column.notNull())
      .addColumn('name_key', types.text(200), (column) => column.notNull())
      .addColumn('search_text', types.longText, (column) => column.notNull())
      .addColumn('description', types.longText)
      .addColumn('img', types.text(2_000))
      .addColumn('price_minor', types.integer, (column) => column.notNull())
      .addColumn('stock', types.integer, (column) => column.notNull())
      .addColumn('hidden_at', types.time)
      .addColumn('deleted_at', types.time)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull())
      .addCheckConstraint('products_stock_check', sql`stock >= 0`)
      .addCheckConstraint('products_price_check', sql`price_minor >= 0`),
  )
  await createIndex(db, 'products', ['sku_key'], { unique: true })
  await createIndex(db, 'products', ['created_at', 'id'])
  await createIndex(db, 'products', ['name_key', 'id'])
  await createIndex(db, 'products', ['price_minor', 'id'])
  await createIndex(db, 'products', ['category_id', 'created_at', 'id'])

  await createTable(db, 'stock_entries', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('product_id', types.id, (column) => column.notNull().references('products.id'))
      .addColumn('kind', types.text(20), (column) => column.notNull())
      .addColumn('quantity', types.integer, (column) => column.notNull())
      .addColumn('order_id', types.id)
      .addColumn('actor_id', types.id)
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'stock_entries', ['product_id', 'created_at', 'id'])
  await createIndex(db, 'stock_entries', ['order_id'])

  await createTable(db, 'orders', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('number', types.text(40), (column) => column.notNull())
      .addColumn('user_id', types.id, (column) => column.notNull())
      .addColumn('user_email', types.text(254), (column) => column.notNull())
      .addColumn('status', types.text(20), (column) => column.notNull())
      .addColumn('total_minor', types.integer, (column) => column.notNull())
      .addColumn('cancel_reason', types.text(500))
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'orders', ['number'], { unique: true })
  await createIndex(db, 'orders', ['user_id', 'created_at', 'id'])
  await createIndex(db, 'orders', ['created_at', 'id'])
  await createIndex(db, 'orders', ['status', 'created_at', 'id'])

  await createTable(db, 'order_lines', (table, types) =>
    table
      .addColumn('order_id', types.id, (column) => column.notNull().references('orders.id'))
      .addColumn('line', types.integer, (column) => column.notNull())
      .addColumn('product_id', types.id, (column) => column.notNull())
      .addColumn('sku', types.text(64))
      .addColumn('name', types.text(200), (column) => column.notNull())
      .addColumn('price_minor', types.integer, (column) => column.notNull())
      .addColumn('quantity', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('order_lines_pk', ['order_id', 'line'])
      .addCheckConstraint('order_lines_quantity_check', sql`quantity > 0`),
  )
  await createIndex(db, 'order_lines', ['product_id'])
}
