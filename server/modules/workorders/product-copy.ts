import type { Transaction } from 'kysely'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { insertOnce } from '#platform/database/upsert'
import { defineConsumer } from '#platform/events/consumer'
import type { WorkOrderTables } from './table.ts'

/** What is needed here of what the shop tells; the rest is its own affair. */
const described = Compile(
  Type.Object({
    id: Type.String(),
    name: Type.String(),
    sku: Type.Union([Type.String(), Type.Null()]),
    on_hand: Type.Integer(),
  }),
)
const moved = Compile(Type.Object({ product_id: Type.String(), on_hand: Type.Integer() }))

/**
 * Keeps the copy of the shop's products. A move of the stock tells nothing of the name, so that the copy counts the
 * versions of both apart: whatever comes late or again changes only what it is newer for.
 */
export const productCopy = defineConsumer<WorkOrderTables>({
  name: 'workorders.products',
  types: ['product.created', 'product.updated', 'product.deleted', 'product.stock_changed'],
  async handle({ type, data, time, recordversion: version }, trx) {
    if (type === 'product.stock_changed') {
      const { product_id: id, on_hand: onHand } = moved.Parse(data)
      await keepStock(trx, { id, onHand, version })
      return
    }
    const { id, name, sku, on_hand: onHand } = described.Parse(data)
    await keepStock(trx, { id, onHand, version })
    const deletedAt = type === 'product.deleted' ? new Date(time) : null
    await trx
      .updateTable('work_products')
      .set({ name, sku, deleted_at: deletedAt, described_version: version })
      .where('id', '=', id)
      .where('described_version', '<', version)
      .execute()
  },
})

type Stock = { readonly id: string; readonly onHand: number; readonly version: number }

async function keepStock(trx: Transaction<WorkOrderTables>, stock: Stock): Promise<void> {
  // Most often the product is known, and this is later.
  if (await updateStock(trx, stock)) return
  const unknown = { name: '', sku: null, on_hand: 0, deleted_at: null, described_version: 0, version: 0 }
  await insertOnce(trx, 'work_products', { id: stock.id, ...unknown })
  await updateStock(trx, stock)
}

async function updateStock(
  trx: Transaction<WorkOrderTables>,
  { id, onHand, version }: Stock,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('work_products')
    .set({ on_hand: onHand, version })
    .where('id', '=', id)
    .where('version', '<', version)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}
