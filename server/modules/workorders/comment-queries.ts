import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { WorkOrderCommentTable } from './log-tables.ts'
import type { WorkOrderTables } from './table.ts'

export type CommentRow = Selectable<WorkOrderCommentTable>

export async function insertComment(
  trx: Transaction<WorkOrderTables>,
  row: Insertable<WorkOrderCommentTable>,
): Promise<void> {
  await trx.insertInto('work_order_comments').values(row).execute()
}

type List = {
  readonly workOrderId: string
  readonly descending: boolean
  readonly request: PageRequest
}

export async function listComments(
  db: Kysely<WorkOrderTables>,
  { workOrderId, descending, request }: List,
): Promise<Page<CommentRow>> {
  const found = db.selectFrom('work_order_comments').where('work_order_id', '=', workOrderId)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'work_order_comments.id', holds: 'text', descending },
    sortValueOf: (row) => row.id,
    request,
  })
}
