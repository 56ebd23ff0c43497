import type { Kysely, Selectable, Transaction } from 'kysely'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { insertOnce } from '#platform/database/upsert'
import { openStatuses } from './lifecycle.ts'
import type { TaskRecordTable, TaskTables } from './table.ts'

export type RecordRow = Selectable<TaskRecordTable>

type Named = { readonly kind: string; readonly id: string; readonly now: Date }

/**
 * What is known of a record, locked. One that nobody has told of has a row as well, so that whoever names it and the
 * first event of it wait for each other. Records are locked before tasks.
 */
export async function lockRecord(trx: Transaction<TaskTables>, { kind, id, now }: Named): Promise<RecordRow> {
  const unknown = { label: '', state: null, due_at: null, viewer_ids: '[]', version: 0 }
  await insertRecordOnce(trx, { id, kind, ...unknown, updated_at: now })
  return await lockKnownRecord(trx, id)
}

/** What is known of a record that has a row, locked. */
export async function lockKnownRecord(trx: Transaction<TaskTables>, id: string): Promise<RecordRow> {
  return await trx
    .selectFrom('task_records')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

/** Answers false when the record has a row already, waiting for whoever is just about to give it one. */
export async function insertRecordOnce(trx: Transaction<TaskTables>, record: RecordRow): Promise<boolean> {
  return await insertOnce(trx, 'task_records', record)
}

export async function findRecord(db: Kysely<TaskTables>, id: string): Promise<RecordRow | undefined> {
  return await db.selectFrom('task_records').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function updateRecord(trx: Transaction<TaskTables>, record: RecordRow): Promise<void> {
  await trx.updateTable('task_records').set(record).where('id', '=', record.id).execute()
}

/** The open tasks that hang on a record, in the sequence of their ids. */
export async function listTasksOfRecord(
  db: Kysely<TaskTables>,
  { id, kind }: Pick<RecordRow, 'id' | 'kind'>,
): Promise<string[]> {
  const rows = await db
    .selectFrom('tasks')
    .select('id')
    .where('record_id', '=', id)
    .where('record_kind', '=', kind)
    .where('status', 'in', openStatuses)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.id)
}

/** How many open tasks of somebody's hang on a record. */
export async function countTasksOnRecord(
  db: Kysely<TaskTables>,
  { ownerId, recordId }: { readonly ownerId: string; readonly recordId: string },
): Promise<number> {
  const { count } = await db
    .selectFrom('tasks')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('record_id', '=', recordId)
    .where('owner_id', '=', ownerId)
    .where('status', 'in', openStatuses)
    .executeTakeFirstOrThrow()
  return count
}

const viewersShape = Compile(Type.Array(Type.String()))

export function viewersOf({ viewer_ids: ids }: Pick<RecordRow, 'viewer_ids'>): string[] {
  return viewersShape.Parse(JSON.parse(ids))
}
