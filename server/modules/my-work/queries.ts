import type { Kysely, Selectable, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import { insertOnce } from '#platform/database/upsert'
import type { WorkKind } from './facts.ts'
import type { MyWorkTables, WorkItemTable } from './table.ts'

export type WorkItemRow = Selectable<WorkItemTable>

/** Keeps a record, with those who have to see to it; answers false when it was heard of before. */
export async function insertItemOnce(
  trx: Transaction<MyWorkTables>,
  row: WorkItemRow,
  userIds: readonly string[],
): Promise<boolean> {
  const isNew = await insertOnce(trx, 'work_items', row)
  if (isNew) await insertPeople(trx, row, userIds)
  return isNew
}

/** What is kept of a record that was heard of, locked. */
export async function lockItem(trx: Transaction<MyWorkTables>, id: string): Promise<WorkItemRow> {
  return await trx
    .selectFrom('work_items')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

/** Keeps what has become of a record whose row is locked, with those who have to see to it now. */
export async function updateItem(
  trx: Transaction<MyWorkTables>,
  row: WorkItemRow,
  userIds: readonly string[],
): Promise<void> {
  await trx.updateTable('work_items').set(row).where('id', '=', row.id).execute()
  await trx.deleteFrom('work_item_people').where('item_id', '=', row.id).execute()
  await insertPeople(trx, row, userIds)
}

async function insertPeople(
  trx: Transaction<MyWorkTables>,
  { id }: WorkItemRow,
  userIds: readonly string[],
): Promise<void> {
  if (userIds.length === 0) return
  await trx
    .insertInto('work_item_people')
    .values(userIds.map((userId) => ({ item_id: id, user_id: userId })))
    .execute()
}

type List = {
  readonly userId: string
  readonly permissions: readonly string[]
  readonly kinds: readonly WorkKind[]
  readonly dueBefore: Date | undefined
  readonly request: PageRequest
}

/** What somebody has to see to, whatever is due first before the rest. */
export async function listWork(
  db: Kysely<MyWorkTables>,
  { userId, permissions, kinds, dueBefore, request }: List,
): Promise<Page<WorkItemRow>> {
  let found = db
    .selectFrom('work_items')
    .where('closed_at', 'is', null)
    .where((eb) => (kinds.length === 0 ? eb.lit(false) : eb('kind', 'in', kinds)))
    .where((eb) => {
      const own = eb('work_items.id', 'in', (people) =>
        people.selectFrom('work_item_people').select('item_id').where('user_id', '=', userId),
      )
      return permissions.length === 0 ? own : eb.or([own, eb('permission', 'in', permissions)])
    })
  if (dueBefore !== undefined) found = found.where('sort_due_at', '<', dueBefore)
  return await listPage({
    query: found.selectAll('work_items'),
    sort: { column: 'work_items.sort_due_at', holds: 'time', descending: false },
    sortValueOf: (row) => row.sort_due_at,
    request,
  })
}
