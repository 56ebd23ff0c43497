import type { Insertable, Transaction } from 'kysely'
import { systemCall } from '#platform/call'
import { fold } from '#platform/database/search'
import { transaction } from '#platform/database/transaction'
import type { NewEvent } from '#platform/events/outbox'
import type { ShopParts } from './catalogue.ts'
import { insertCategories, lockCategoriesByKey } from './category-queries.ts'
import { categoryEvent, productEvent } from './events.ts'
import { lockQueueOfSkus } from './give-out.ts'
import {
  insertProducts,
  insertStockEntries,
  lockProductsBySku,
  type ProductRow,
  updateProduct,
} from './product-queries.ts'
import { changedProduct, countEntries, differs, newProduct } from './product-rows.ts'
import type { ProductBody, ProductImportRow } from './schemas.ts'
import { settleProduct } from './settle-product.ts'
import { levelEvents } from './stock-level.ts'
import type { ShopTables, StockEntryTable } from './table.ts'
import { toCategory, toProduct } from './views.ts'

export type ImportCount = { readonly created: number; readonly changed: number; readonly unchanged: number }

/** Thrown at the end of a dry run, so that the database undoes everything that was tried. */
class DryRun extends Error {
  readonly count: ImportCount
  constructor(count: ImportCount) {
    super('nothing was kept')
    this.count = count
  }
}

export type ImportProducts = ReturnType<typeof createImportProducts>

/**
 * Brings products in line with a list, told apart by their SKU: new ones are created, known ones get the list's
 * fields, and the difference in stock goes through the ledger. All of it or nothing, in one transaction.
 */
export function createImportProducts(parts: ShopParts) {
  const { db, clock, ids, outbox } = parts
  /** `batches` is called again when the engine gives the transaction up, and must then tell the same. */
  return async function importProducts(
    batches: () => AsyncIterable<readonly ProductImportRow[]>,
    { dryRun }: { readonly dryRun: boolean },
  ): Promise<ImportCount> {
    try {
      return await transaction(db, systemCall, async (trx) => {
        const count = { created: 0, changed: 0, unchanged: 0 }
        for await (const rows of batches()) {
          const batch = await importBatch(trx, rows)
          count.created += batch.created
          count.changed += batch.changed
          count.unchanged += batch.unchanged
        }
        if (dryRun) throw new DryRun(count)
        return count
      })
    } catch (error) {
      if (error instanceof DryRun) return error.count
      throw error
    }
  }

  async function importBatch(
    trx: Transaction<ShopTables>,
    rows: readonly ProductImportRow[],
  ): Promise<ImportCount> {
    const now = clock.now()
    const events: NewEvent[] = []
    const categoryIds = await findOrCreateCategories(trx, rows, { now, events })
    const skuKeys = rows.map((row) => fold(row.sku, 64))
    const queue = await lockQueueOfSkus(trx, skuKeys)
    const known = await lockProductsBySku(trx, skuKeys)
    const bySku = new Map(known.map((product) => [product.sku_key, product]))
    const created: ProductRow[] = []
    const entries: Insertable<StockEntryTable>[] = []
    const changes: { readonly before: ProductRow; readonly after: ProductRow }[] = []
    for (const row of rows) {
      const { category, ...fields } = row
      const body: ProductBody = { ...fields, category_id: categoryIds.get(fold(category)) ?? '' }
      const before = bySku.get(fold(row.sku, 64))
      if (before === undefined) {
        const product = newProduct(ids.next(), body, now)
        created.push(product)
        events.push(productEvent('created', toProduct(product)), ...levelEvents(null, product))
        entries.push(
          ...countEntries({ id: ids.next(), row: product, quantity: product.stock, actorId: null }),
        )
      } else if (differs(before, body)) {
        const product = changedProduct(before, body, now)
        await updateProduct(trx, before.id, product)
        changes.push({ before, after: product })
        events.push(productEvent('updated', toProduct(product)))
        const quantity = product.stock - before.stock
        entries.push(...countEntries({ id: ids.next(), row: product, quantity, actorId: null }))
      }
    }
    if (created.length > 0) await insertProducts(trx, created)
    if (entries.length > 0) await insertStockEntries(trx, entries)
    await outbox.append(trx, systemCall, ...events)
    for (const change of changes) await settleProduct(parts, trx, { call: systemCall, ...change, queue })
    const changed = changes.length
    return { created: created.length, changed, unchanged: rows.length - created.length - changed }
  }

  async function findOrCreateCategories(
    trx: Transaction<ShopTables>,
    rows: readonly ProductImportRow[],
    { now, events }: { now: Date; events: NewEvent[] },
  ): Promise<Map<string, string>> {
    const wanted = new Map(rows.map(({ category }) => [fold(category), category.trim()]))
    const known = await lockCategoriesByKey(trx, [...wanted.keys()])
    const idOf = new Map(known.map((category) => [category.name_key, category.id]))
    const missing = [...wanted].filter(([key]) => !idOf.has(key))
    const categories = missing.map(([key, name]) => ({
      id: ids.next(),
      name,
      name_key: key,
      deleted_at: null,
      version: 1,
      created_at: now,
      updated_at: now,
    }))
    if (categories.length > 0) await insertCategories(trx, categories)
    for (const category of categories) {
      idOf.set(category.name_key, category.id)
      events.push(categoryEvent('created', toCategory(category)))
    }
    return idOf
  }
}
