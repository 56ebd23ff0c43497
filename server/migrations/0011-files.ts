import { addColumn, createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  await createTable(db, 'files', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('purpose', types.text(40), (column) => column.notNull())
      .addColumn('owner_id', types.id, (column) => column.notNull())
      .addColumn('name', types.text(255), (column) => column.notNull())
      .addColumn('type', types.text(100), (column) => column.notNull())
      .addColumn('bytes', types.integer, (column) => column.notNull())
      .addColumn('sha256', types.text(64), (column) => column.notNull())
      .addColumn('kept_at', types.time)
      .addColumn('dropped_at', types.time)
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'files', ['dropped_at', 'id'])
  await createIndex(db, 'files', ['kept_at', 'created_at'])
  await addColumn(db, 'products', { name: 'image_ids', type: (types) => types.longText })
}
