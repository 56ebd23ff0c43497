import { createIndex, createTable, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  // One row, locked by whoever takes the next number: the numbers have no gaps.
  await createTable(db, 'ticket_numbers', (table, types) =>
    table
      .addColumn('id', types.text(20), (column) => column.primaryKey())
      .addColumn('last_number', types.integer, (column) => column.notNull()),
  )
  await createTable(db, 'ticket_groups', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('name', types.text(120), (column) => column.notNull())
      .addColumn('name_key', types.text(120), (column) => column.notNull())
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'ticket_groups', ['name_key'], { unique: true })
  await createTable(db, 'ticket_group_members', (table, types) =>
    table
      .addColumn('group_id', types.id, (column) => column.notNull().references('ticket_groups.id'))
      .addColumn('user_id', types.id, (column) => column.notNull())
      .addPrimaryKeyConstraint('ticket_group_members_pkey', ['group_id', 'user_id']),
  )
  await createIndex(db, 'ticket_group_members', ['user_id'])

  await createTable(db, 'tickets', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('number', types.text(20), (column) => column.notNull())
      .addColumn('invgate_id', types.text(40))
      .addColumn('reference', types.text(40), (column) => column.notNull())
      .addColumn('title', types.text(300), (column) => column.notNull())
      .addColumn('description', types.longText, (column) => column.notNull())
      .addColumn('search_text', types.longText, (column) => column.notNull())
      .addColumn('source_id', types.integer)
      .addColumn('category_id', types.integer)
      .addColumn('type_id', types.integer)
      .addColumn('priority_id', types.integer, (column) => column.notNull())
      .addColumn('status', types.text(20), (column) => column.notNull())
      .addColumn('pending_reason', types.text(20))
      .addColumn('pending_until_at', types.time)
      .addColumn('creator_id', types.id, (column) => column.notNull())
      .addColumn('creator_email', types.text(254), (column) => column.notNull())
      .addColumn('creator_email_key', types.text(254), (column) => column.notNull())
      .addColumn('customer_id', types.id, (column) => column.notNull())
      .addColumn('assignee_id', types.id)
      .addColumn('group_id', types.id)
      .addColumn('solution', types.longText)
      .addColumn('proposed_solution', types.longText)
      .addColumn('merged_into_id', types.id)
      .addColumn('rating', types.integer)
      .addColumn('rating_comment', types.text(1_000))
      .addColumn('responded_at', types.time)
      .addColumn('solved_at', types.time)
      .addColumn('closed_at', types.time)
      .addColumn('sync_state', types.text(20), (column) => column.notNull())
      .addColumn('sync_attempts', types.integer, (column) => column.notNull())
      .addColumn('sync_error', types.text(1_000))
      .addColumn('invgate_status', types.text(20))
      .addColumn('invgate_updated_at', types.time)
      .addColumn('invgate_seen_at', types.time)
      .addColumn('invgate_read_at', types.time)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'tickets', ['number'], { unique: true })
  await createIndex(db, 'tickets', ['invgate_id'], { unique: true })
  await createIndex(db, 'tickets', ['reference'], { unique: true })
  for (const columns of [
    ['created_at', 'id'],
    ['customer_id', 'created_at', 'id'],
    ['creator_id', 'created_at', 'id'],
    ['creator_email_key', 'created_at', 'id'],
    ['status', 'created_at', 'id'],
    ['updated_at', 'id'],
    ['priority_id', 'id'],
    ['group_id', 'created_at', 'id'],
    ['assignee_id', 'status'],
    ['sync_state', 'updated_at'],
  ])
    await createIndex(db, 'tickets', columns)

  await createTable(db, 'ticket_messages', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('ticket_id', types.id, (column) => column.notNull().references('tickets.id'))
      .addColumn('kind', types.text(20), (column) => column.notNull())
      .addColumn('text', types.longText, (column) => column.notNull())
      .addColumn('file_ids', types.longText)
      .addColumn('author_id', types.id)
      .addColumn('author_name', types.text(250), (column) => column.notNull())
      .addColumn('invgate_id', types.text(40))
      .addColumn('invgate_key', types.text(90))
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'ticket_messages', ['ticket_id', 'created_at', 'id'])
  await createIndex(db, 'ticket_messages', ['invgate_key'], { unique: true })

  // The stretches of a ticket's life, which the clocks count.
  await createTable(db, 'ticket_spans', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('ticket_id', types.id, (column) => column.notNull().references('tickets.id'))
      .addColumn('status', types.text(20), (column) => column.notNull())
      .addColumn('pending_reason', types.text(20))
      .addColumn('started_at', types.time, (column) => column.notNull())
      .addColumn('ended_at', types.time)
      .addColumn('actor_id', types.id),
  )
  await createIndex(db, 'ticket_spans', ['ticket_id', 'started_at', 'id'])

  await createTable(db, 'ticket_watchers', (table, types) =>
    table
      .addColumn('ticket_id', types.id, (column) => column.notNull().references('tickets.id'))
      .addColumn('user_id', types.id, (column) => column.notNull())
      .addPrimaryKeyConstraint('ticket_watchers_pkey', ['ticket_id', 'user_id']),
  )
  await createIndex(db, 'ticket_watchers', ['user_id'])
  await createTable(db, 'ticket_tags', (table, types) =>
    table
      .addColumn('ticket_id', types.id, (column) => column.notNull().references('tickets.id'))
      .addColumn('tag', types.text(60), (column) => column.notNull())
      .addPrimaryKeyConstraint('ticket_tags_pkey', ['ticket_id', 'tag']),
  )
  await createIndex(db, 'ticket_tags', ['tag'])
  await createTable(db, 'ticket_links', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('ticket_id', types.id, (column) => column.notNull().references('tickets.id'))
      .addColumn('kind', types.text(20), (column) => column.notNull())
      .addColumn('record_id', types.id, (column) => column.notNull())
      .addColumn('label', types.text(300))
      .addColumn('relation', types.text(20), (column) => column.notNull())
      .addColumn('created_by', types.id)
      .addColumn('created_at', types.time, (column) => column.notNull()),
  )
  await createIndex(db, 'ticket_links', ['ticket_id', 'kind', 'record_id'], { unique: true })
  await createIndex(db, 'ticket_links', ['kind', 'record_id'])

  await createTable(db, 'canned_replies', (table, types) =>
    table
      .addColumn('id', types.id, (column) => column.primaryKey())
      .addColumn('name', types.text(120), (column) => column.notNull())
      .addColumn('text', types.longText, (column) => column.notNull())
      .addColumn('created_by', types.id)
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('created_at', types.time, (column) => column.notNull())
      .addColumn('updated_at', types.time, (column) => column.notNull()),
  )
}
