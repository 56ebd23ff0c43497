import type { Transaction } from 'kysely'
import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import {
  type BillRow,
  findBill,
  insertBill,
  listBills,
  listMaterials,
  lockBill,
  lockProducts,
  type MaterialRow,
  replaceMaterials,
  updateBill,
} from './bill-queries.ts'
import type { Bill, BillBody, BillQuery } from './bill-schemas.ts'
import { refuse } from './errors.ts'
import { billEvent } from './events.ts'
import type { WorkOrderParts } from './parts.ts'
import type { WorkOrderTables } from './table.ts'

export type Bills = ReturnType<typeof createBills>

/** Bills of materials: what products are made of, one level deep. They hold for the orders that are opened after. */
export function createBills({ db, clock, outbox }: WorkOrderParts) {
  return {
    async getBill(productId: string): Promise<Bill> {
      const row = await findBill(db, productId)
      if (row === undefined || row.deleted_at !== null) throw refuse('bill_not_found')
      return toBill(row, (await listMaterials(db, [productId])).get(productId) ?? [])
    },

    async listBills(query: BillQuery) {
      const request = toPageRequest(query)
      const page = await listBills(db, { componentId: query.component_id, request })
      const materials = await listMaterials(
        db,
        page.rows.map(({ id }) => id),
      )
      return presentPage(page, (row) => toBill(row, materials.get(row.id) ?? []))
    },

    /** Says the whole of what a product is made of, for the first time or anew. */
    async putBill(call: Call<Bill>, productId: string, body: BillBody): Promise<Bill> {
      return await transaction(db, call, async (trx) => {
        const materials = await readMaterials(trx, productId, body)
        const before = await lockBill(trx, productId)
        checkVersion(call, { version: before?.version ?? 0 })
        const now = clock.now()
        const createdAt = before === undefined || before.deleted_at !== null ? now : before.created_at
        const row: BillRow = {
          id: productId,
          deleted_at: null,
          version: (before?.version ?? 0) + 1,
          created_at: createdAt,
          updated_at: now,
        }
        await (before === undefined ? insertBill(trx, row) : updateBill(trx, row))
        await replaceMaterials(trx, productId, materials)
        const bill = toBill(row, materials)
        await outbox.append(trx, call, billEvent('updated', bill))
        return bill
      })
    },

    /** Orders that are open keep theirs. */
    async deleteBill(call: Call<void>, productId: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const before = await lockBill(trx, productId)
        if (before === undefined || before.deleted_at !== null) throw refuse('bill_not_found')
        checkVersion(call, before)
        const now = clock.now()
        const row = { ...before, deleted_at: now, updated_at: now, version: before.version + 1 }
        const last = (await listMaterials(trx, [productId])).get(productId) ?? []
        await replaceMaterials(trx, productId, [])
        await updateBill(trx, row)
        await outbox.append(trx, call, billEvent('deleted', toBill(row, last)))
      })
    },
  }
}

/**
 * The lines of a bill in the order of their components. The product and its components are locked, so that two who make
 * each a component of the other do not pass one another by.
 */
async function readMaterials(
  trx: Transaction<WorkOrderTables>,
  productId: string,
  { materials }: BillBody,
): Promise<MaterialRow[]> {
  const ids = materials.map((line) => line.product_id)
  const known = await lockProducts(trx, [productId, ...ids].toSorted())
  const product = known.get(productId)
  if (product === undefined || product.deleted_at !== null) throw refuse('product_not_found')
  for (const [index, id] of ids.entries()) {
    const pointer = `/materials/${index}/product_id`
    if (id === productId) throw invalidField({ pointer, code: 'invalid', text: WORDS.itself })
    if (ids.indexOf(id) !== index) throw invalidField({ pointer, code: 'duplicate', text: WORDS.twice })
    const component = known.get(id)
    if (component === undefined || component.deleted_at !== null)
      throw invalidField({ pointer, code: 'unknown_product', text: WORDS.unknown })
  }
  const deeper = await listMaterials(trx, ids)
  const cycle = ids.find((id) => deeper.get(id)?.some((line) => line.component_id === productId))
  if (cycle !== undefined) throw refuse('bill_cycle', { details: { product_id: cycle } })
  return materials
    .map(({ product_id: id, quantity, per_quantity: perQuantity = 1 }) => ({
      product_id: productId,
      component_id: id,
      quantity,
      per_quantity: perQuantity,
    }))
    .toSorted((a, b) => (a.component_id < b.component_id ? -1 : 1))
}

const WORDS = {
  itself: { en: 'is the product itself', id: 'adalah produk itu sendiri' },
  twice: { en: 'is there twice', id: 'disebut dua kali' },
  unknown: { en: 'is not a product of the shop', id: 'bukan produk toko' },
} as const

function toBill(row: BillRow, materials: readonly MaterialRow[]): Bill {
  return {
    product_id: row.id,
    materials: materials.map(({ component_id: id, quantity, per_quantity: perQuantity }) => ({
      product_id: id,
      quantity,
      per_quantity: perQuantity,
    })),
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
