import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  await createTable(db, 'work_items', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('kind', types.text(20), (column) => column.notNull())
      .addColumn('number', types.text(60))
      .addColumn('title', types.text(300), (column) => column.notNull())
      .addColumn('status', types.text(40), (column) => column.notNull())
      .addColumn('priority', types.text(20))
      .addColumn('due_at', types.time)
      .addColumn('sort_due_at', types.time, (column) => column.notNull())
      .addColumn('permission', types.text(60))
      .addColumn('closed_at', types.time)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'work_items', ['permission', 'closed_at', 'sort_due_at', 'id'])
  await createTable(db, 'work_item_people', (table, types) =>
    table
      .addColumn('item_id', types.id, (column) => column.notNull().references('work_items.id'))
      .addColumn('user_id', types.id, (column) => column.notNull())
      .addPrimaryKeyConstraint('work_item_people_pkey', ['item_id', 'user_id']),
  )
  await createIndex(db, 'work_item_people', ['user_id', 'item_id'])
}
