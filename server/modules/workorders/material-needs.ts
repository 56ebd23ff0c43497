import { findProducts, listOpenMaterials, listOrderMaterials, type ProductRow } from './bill-queries.ts'
import type { MaterialNeed, MaterialTotal, MaterialTotalQuery } from './bill-schemas.ts'
import { refuse } from './errors.ts'
import { isOpen } from './lifecycle.ts'
import { needOf } from './material-rules.ts'
import type { WorkOrderParts } from './parts.ts'
import { NOTHING } from './quantities.ts'
import { findWorkOrder, sumOutput } from './queries.ts'
import { statusOf } from './views.ts'

export type MaterialNeeds = ReturnType<typeof createMaterialNeeds>

/** What orders take of their components, against what is there as far as the shop has told. */
export function createMaterialNeeds({ db }: Pick<WorkOrderParts, 'db'>) {
  return {
    async needsOfOrder(
      workOrderId: string,
    ): Promise<{ readonly work_order_id: string; readonly data: MaterialNeed[] }> {
      const row = await findWorkOrder(db, workOrderId)
      if (row === undefined) throw refuse('work_order_not_found')
      const lines = await listOrderMaterials(db, workOrderId)
      const totals = (await sumOutput(db, [workOrderId])).get(workOrderId) ?? NOTHING
      const products = await findProducts(
        db,
        lines.map((line) => line.component_id),
      )
      const standing = { quantity: row.quantity, isOpen: isOpen(statusOf(row)), totals }
      const data = lines.map((line) => {
        const { needed, stillNeeded } = needOf(line, standing)
        const { name, onHand } = known(products.get(line.component_id))
        return {
          product_id: line.component_id,
          name,
          quantity: line.quantity,
          per_quantity: line.per_quantity,
          needed,
          consumed: line.consumed,
          still_needed: stillNeeded,
          on_hand: onHand,
          short: stillNeeded > onHand,
        }
      })
      return { work_order_id: workOrderId, data }
    },

    /** What all open orders together still take; what there is most too little of comes first. */
    async listShortages({ short }: MaterialTotalQuery): Promise<{ readonly data: MaterialTotal[] }> {
      const lines = await listOpenMaterials(db)
      const totals = new Map<string, { stillNeeded: number; orders: number }>()
      for (const line of lines) {
        const { stillNeeded } = needOf(line, {
          quantity: line.ordered,
          isOpen: true,
          totals: line.totals,
        })
        if (stillNeeded === 0) continue
        const sum = totals.get(line.component_id) ?? { stillNeeded: 0, orders: 0 }
        totals.set(line.component_id, {
          stillNeeded: sum.stillNeeded + stillNeeded,
          orders: sum.orders + 1,
        })
      }
      const products = await findProducts(db, [...totals.keys()])
      const data = Array.from(totals, ([id, { stillNeeded, orders }]) => {
        const { name, onHand } = known(products.get(id))
        return {
          product_id: id,
          name,
          still_needed: stillNeeded,
          on_hand: onHand,
          missing: Math.max(0, stillNeeded - onHand),
          short: stillNeeded > onHand,
          work_orders: orders,
        }
      })
      return {
        data: data
          .filter((line) => short === undefined || line.short === short)
          .toSorted((a, b) => b.missing - a.missing || (a.product_id < b.product_id ? -1 : 1)),
      }
    },
  }
}

/** Only the stock may be known so far, or nothing. */
function known(product: ProductRow | undefined): { readonly name: string | null; readonly onHand: number } {
  const isDescribed = product !== undefined && product.described_version > 0
  return { name: isDescribed ? product.name : null, onHand: product?.on_hand ?? 0 }
}
