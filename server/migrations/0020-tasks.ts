import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'
import { insertOnce } from '#platform/database/upsert'

export async function up(db: MigrationDatabase): Promise<void> {
  await createTable(db, 'tasks', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('owner_id', types.id, (column) => column.notNull())
      .addColumn('assignee_id', types.id)
      .addColumn('title', types.text(300), (column) => column.notNull())
      .addColumn('description', types.longText)
      .addColumn('search_text', types.longText, (column) => column.notNull())
      .addColumn('status', types.text(20), (column) => column.notNull())
      .addColumn('progress', types.integer)
      .addColumn('priority', types.integer, (column) => column.notNull())
      .addColumn('due_at', types.time)
      .addColumn('sort_due_at', types.time, (column) => column.notNull())
      .addColumn('expires_at', types.time)
      .addColumn('on_expire', types.text(20), (column) => column.notNull())
      .addColumn('warn_before_seconds', types.integer)
      .addColumn('warn_at', types.time)
      .addColumn('checklist', types.longText, (column) => column.notNull())
      .addColumn('reminders', types.longText, (column) => column.notNull())
      .addColumn('recurrence', types.longText)
      .addColumn('repeat_from', types.text(20))
      .addColumn('repeat_start', types.text(10))
      .addColumn('repeat_time', types.text(12))
      .addColumn('series_id', types.id)
      .addColumn('occurrence', types.integer, (column) => column.notNull())
      .addColumn('record_kind', types.text(20))
      .addColumn('record_id', types.id)
      .addColumn('record_label', types.text(300))
      .addColumn('record_inherits', types.text(20))
      .addColumn('record_closes_on', types.text(40))
      .addColumn('record_viewer_id', types.id)
      .addColumn('started_at', types.time)
      .addColumn('completed_at', types.time)
      .addColumn('expired_at', types.time)
      .addColumn('archived_at', types.time)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  for (const columns of [
    ['owner_id', 'created_at', 'id'],
    ['assignee_id', 'created_at', 'id'],
    ['owner_id', 'status', 'sort_due_at'],
    ['assignee_id', 'status', 'sort_due_at'],
    ['created_at', 'id'],
    ['sort_due_at', 'id'],
    ['record_id', 'record_kind'],
  ])
    await createIndex(db, 'tasks', columns)
  // A day of a series has one task, however many processes open the next one.
  await createIndex(db, 'tasks', ['series_id', 'occurrence'], { unique: true })

  await createTable(db, 'task_labels', (table, types) =>
    table
      .addColumn('task_id', types.id, (column) => column.notNull().references('tasks.id').onDelete('cascade'))
      .addColumn('label', types.text(60), (column) => column.notNull())
      .addPrimaryKeyConstraint('task_labels_pkey', ['task_id', 'label']),
  )
  await createIndex(db, 'task_labels', ['label', 'task_id'])

  await createTable(db, 'task_blockers', (table, types) =>
    table
      .addColumn('task_id', types.id, (column) => column.notNull().references('tasks.id').onDelete('cascade'))
      .addColumn('blocked_by_id', types.id, (column) => column.notNull())
      .addPrimaryKeyConstraint('task_blockers_pkey', ['task_id', 'blocked_by_id']),
  )
  await createIndex(db, 'task_blockers', ['blocked_by_id', 'task_id'])
  // Its one row is locked by whoever says what waits for what.
  await createTable(db, 'task_order', (table, types) =>
    table.addColumn('id', types.id, (column) => column.primaryKey()),
  )
  await insertOnce(db, 'task_order', { id: '00000000-0000-7000-8000-000000000020' })

  await createTable(db, 'task_comments', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('task_id', types.id, (column) => column.notNull().references('tasks.id').onDelete('cascade'))
      .addColumn('text', types.longText, (column) => column.notNull())
      .addColumn('file_ids', types.longText)
      .addColumn('author_id', types.id, (column) => column.notNull())
      .addColumn('author_name', types.text(200), (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'task_comments', ['task_id', 'created_at', 'id'])

  await createTable(db, 'task_filters', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('owner_id', types.id, (column) => column.notNull())
      .addColumn('name', types.text(200), (column) => column.notNull())
      .addColumn('name_key', types.text(200), (column) => column.notNull())
      .addColumn('query', types.longText, (column) => column.notNull())
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'task_filters', ['owner_id', 'name_key'], { unique: true })

  // What is known here of the records that tasks hang on; it comes from the events of other modules.
  await createTable(db, 'task_records', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('kind', types.text(20), (column) => column.notNull())
      .addColumn('label', types.text(300), (column) => column.notNull())
      .addColumn('state', types.text(40))
      .addColumn('due_at', types.time)
      .addColumn('viewer_ids', types.longText, (column) => column.notNull())
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )

  await createTable(db, 'task_feeds', (table, types) =>
    table
      .addColumn('user_id', types.id, (column) => column.primaryKey())
      .addColumn('secret_hash', types.text(64), (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'task_feeds', ['secret_hash'], { unique: true })
}
