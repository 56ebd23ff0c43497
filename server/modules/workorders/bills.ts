import type { Transaction } from 'kysely'
import { listMaterials, listOrderMaterials, setConsumed } from './bill-queries.ts'
import type { Output } from './events.ts'
import { isMadeForShop } from './lifecycle.ts'
import { takenFor, unitsOf } from './material-rules.ts'
import type { Totals } from './quantities.ts'
import type { WorkOrderRow } from './queries.ts'
import type { WorkOrderTables } from './table.ts'

/**
 * Keeps the bill of materials of the product as it is when the order is made. What is mended needs no second set of
 * its parts, and what it does need nobody knows beforehand.
 */
export async function copyBill(
  trx: Transaction<WorkOrderTables>,
  { id: workOrderId, product_id: productId, origin }: Pick<WorkOrderRow, 'id' | 'product_id' | 'origin'>,
): Promise<void> {
  if (productId === null || !isMadeForShop({ origin })) return
  const lines = (await listMaterials(trx, [productId])).get(productId) ?? []
  if (lines.length === 0) return
  const rows = lines.map(({ component_id, quantity, per_quantity }) => ({
    work_order_id: workOrderId,
    component_id,
    quantity,
    per_quantity,
    consumed: 0,
  }))
  await trx.insertInto('work_order_materials').values(rows).execute()
}

type Consumption = {
  /** Locked. */
  readonly row: Pick<WorkOrderRow, 'id'>
  readonly after: Totals
}

/**
 * Takes the components of what was made (backflushing): an order has always taken what all its good and scrapped units
 * together need, so that a unit that is taken back gives back exactly what it took, whatever came between. Answers with
 * what was taken of each component, below zero where it is given back.
 */
export async function consumeMaterials(
  trx: Transaction<WorkOrderTables>,
  { row, after }: Consumption,
): Promise<Output['materials']> {
  const taken: { product_id: string; quantity: number }[] = []
  for (const line of await listOrderMaterials(trx, row.id)) {
    const consumed = takenFor(unitsOf(after), line)
    if (consumed === line.consumed) continue
    await setConsumed(trx, { ...line, consumed })
    taken.push({ product_id: line.component_id, quantity: consumed - line.consumed })
  }
  return taken
}
