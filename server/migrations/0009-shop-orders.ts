import { sql } from 'kysely'
import { addColumn, createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'
import { insertOnce } from '#platform/database/upsert'

/** The one row of settings; it is there from the start, at version 0, so that a change always finds a row to lock. */
const SETTINGS_ID = '00000000-0000-7000-8000-000000000001'

export async function up(db: MigrationDatabase): Promise<void> {
  // Null in orders of the version before, whose total is the sum of their lines.
  for (const name of [
    'subtotal_minor',
    'shipping_minor',
    'tax_basis_points',
    'tax_minor',
    'paid_minor',
  ] as const)
    await addColumn(db, 'orders', { name, type: (types) => types.integer })
  for (const name of ['paid_at', 'hold_until_at', 'on_delivery_at'] as const)
    await addColumn(db, 'orders', { name, type: (types) => types.time })
  await addColumn(db, 'orders', { name: 'tax_mode', type: (types) => types.text(20) })
  await addColumn(db, 'orders', { name: 'shipping_address', type: (types) => types.longText })
  await addColumn(db, 'orders', { name: 'phone', type: (types) => types.text(40) })
  await addColumn(db, 'orders', { name: 'note', type: (types) => types.text(1_000) })
  await addColumn(db, 'orders', { name: 'customer_name', type: (types) => types.text(200) })
  await addColumn(db, 'orders', { name: 'placed_by', type: (types) => types.id })

  await createTable(db, 'payments', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('order_id', types.id, (column) => column.notNull().references('orders.id'))
      .addColumn('method', types.text(20), (column) => column.notNull())
      .addColumn('amount_minor', types.integer, (column) => column.notNull())
      .addColumn('reference', types.text(200))
      .addColumn('note', types.text(500))
      .addColumn('proof_file_id', types.id)
      .addColumn('state', types.text(20), (column) => column.notNull())
      .addColumn('reject_reason', types.text(500))
      .addColumn('recorded_by', types.id, (column) => column.notNull())
      .addColumn('decided_by', types.id)
      .addColumn('decided_at', types.time)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull())
      .addCheckConstraint('payments_amount_check', sql`amount_minor > 0`),
  )
  await createIndex(db, 'payments', ['order_id', 'created_at', 'id'])
  await createIndex(db, 'payments', ['state', 'created_at', 'id'])
  await createIndex(db, 'payments', ['created_at', 'id'])

  await createTable(db, 'shop_settings', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('hold_minutes', types.integer, (column) => column.notNull())
      .addColumn('shipping_fee_minor', types.integer, (column) => column.notNull())
      .addColumn('free_shipping_from_minor', types.integer)
      .addColumn('tax_basis_points', types.integer, (column) => column.notNull())
      .addColumn('tax_mode', types.text(20), (column) => column.notNull())
      .addColumn('shop_name', types.text(200))
      .addColumn('shop_address', types.text(1_000))
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await insertOnce(db, 'shop_settings', {
    id: SETTINGS_ID,
    hold_minutes: 60,
    shipping_fee_minor: 0,
    free_shipping_from_minor: null,
    tax_basis_points: 0,
    tax_mode: 'exclusive',
    shop_name: null,
    shop_address: null,
    version: 0,
    updated_at: new Date(0),
  })
}
