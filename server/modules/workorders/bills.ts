import type { Transaction } from 'kysely'
import type { Output } from './events.ts'
import type { Totals } from './quantities.ts'
import type { WorkOrderRow } from './queries.ts'
import type { WorkOrderTables } from './table.ts'

/** Keeps the bill of materials of the product as it is when the order is made. */
export async function copyBill(
  trx: Transaction<WorkOrderTables>,
  { workOrderId, productId }: { readonly workOrderId: string; readonly productId: string },
): Promise<void> {
  const lines = await trx
    .selectFrom('work_materials')
    .select(['component_id', 'quantity', 'per_quantity'])
    .where('product_id', '=', productId)
    .execute()
  if (lines.length === 0) return
  const rows = lines.map((line) => ({ ...line, work_order_id: workOrderId, consumed: 0 }))
  await trx.insertInto('work_order_materials').values(rows).execute()
}

type Consumption = { readonly row: WorkOrderRow; readonly before: Totals; readonly after: Totals }

export async function consumeMaterials(
  _trx: Transaction<WorkOrderTables>,
  _output: Consumption,
): Promise<Output['materials']> {
  return []
}
