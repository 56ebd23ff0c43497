import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  await createTable(db, 'users', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('name', types.text(200), (column) => column.notNull())
      .addColumn('lastname', types.text(200))
      .addColumn('email', types.text(254), (column) => column.notNull())
      .addColumn('email_key', types.text(254), (column) => column.notNull())
      .addColumn('username', types.text(64))
      .addColumn('username_key', types.text(64))
      .addColumn('search_text', types.text(800), (column) => column.notNull())
      .addColumn('password_hash', types.text(255), (column) => column.notNull())
      .addColumn('role', types.text(40), (column) => column.notNull())
      .addColumn('disabled_at', types.time)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'users', ['email_key'], { unique: true })
  await createIndex(db, 'users', ['username_key'], { unique: true })
  await createIndex(db, 'users', ['role', 'disabled_at'])
  await createIndex(db, 'users', ['created_at', 'id'])

  await createTable(db, 'sessions', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('user_id', types.id, (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('token_hash', types.text(64), (column) => column.notNull())
      .addColumn('token_seed', types.text(64), (column) => column.notNull())
      .addColumn('generation', types.integer, (column) => column.notNull())
      .addColumn('address', types.text(64), (column) => column.notNull())
      .addColumn('user_agent', types.text(300), (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('rotated_at', types.time, (column) => column.notNull())
      .addColumn('expires_at', types.time, (column) => column.notNull())
      .addColumn('revoked_at', types.time),
  )
  await createIndex(db, 'sessions', ['user_id', 'created_at'])
  await createIndex(db, 'sessions', ['expires_at'])

  await createTable(db, 'api_tokens', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('user_id', types.id, (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('name', types.text(200), (column) => column.notNull())
      .addColumn('token_hash', types.text(64), (column) => column.notNull())
      .addColumn('permissions', types.longText, (column) => column.notNull())
      .addColumn('expires_at', types.time)
      .addColumn('last_used_at', types.time)
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'api_tokens', ['token_hash'], { unique: true })
  await createIndex(db, 'api_tokens', ['user_id', 'created_at'])

  await createTable(db, 'sign_in_failures', (table, types) =>
    table
      .addColumn('id', types.text(64), (column) => column.primaryKey())
      .addColumn('failures', types.integer, (column) => column.notNull())
      .addColumn('first_at', types.time, (column) => column.notNull())
      .addColumn('locked_until_at', types.time),
  )
  await createIndex(db, 'sign_in_failures', ['first_at'])
}
