import { addColumn, createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  // Without one, as in every row that is here, a user is addressed in the server's language.
  await addColumn(db, 'users', { name: 'locale', type: (types) => types.text(10) })

  await createTable(db, 'people', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('name', types.text(200), (column) => column.notNull())
      .addColumn('name_key', types.text(400), (column) => column.notNull())
      .addColumn('lastname', types.text(200))
      .addColumn('email', types.text(254), (column) => column.notNull())
      .addColumn('email_key', types.text(254), (column) => column.notNull())
      .addColumn('username', types.text(64))
      .addColumn('role', types.text(40), (column) => column.notNull())
      .addColumn('locale', types.text(10))
      .addColumn('search_text', types.text(800), (column) => column.notNull())
      .addColumn('disabled_at', types.time)
      .addColumn('deleted_at', types.time)
      .addColumn('updated_at', types.time, (column) => column.notNull())
      .addColumn('version', types.integer, (column) => column.notNull()),
  )
  await createIndex(db, 'people', ['name_key', 'id'])
  // Not unique: events of two people arrive in any order, and who is deleted keeps the address.
  await createIndex(db, 'people', ['email_key'])

  await createTable(db, 'ended_sessions', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('user_id', types.id, (column) => column.notNull())
      .addColumn('ended_at', types.time, (column) => column.notNull())
      .addColumn('forget_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'ended_sessions', ['forget_at'])
}
