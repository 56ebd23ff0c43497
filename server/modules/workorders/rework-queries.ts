import type { Kysely, Transaction } from 'kysely'
import type { WorkOrderTables } from './table.ts'

/** The order that an event has asked for. */
export async function findRequestedOrder(
  trx: Transaction<WorkOrderTables>,
  requestId: string,
): Promise<{ readonly id: string } | undefined> {
  return await trx
    .selectFrom('work_orders')
    .select('id')
    .where('request_id', '=', requestId)
    .executeTakeFirst()
}

export async function insertFiles(
  trx: Transaction<WorkOrderTables>,
  { workOrderId, fileIds }: { readonly workOrderId: string; readonly fileIds: readonly string[] },
): Promise<void> {
  const rows = [...new Set(fileIds)].map((id) => ({ file_id: id, work_order_id: workOrderId }))
  if (rows.length > 0) await trx.insertInto('work_order_files').values(rows).execute()
}

export async function isFileOfWorkOrder(db: Kysely<WorkOrderTables>, fileId: string): Promise<boolean> {
  const row = await db
    .selectFrom('work_order_files')
    .select('file_id')
    .where('file_id', '=', fileId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
