import type { Kysely, Transaction } from 'kysely'
import type { Copy } from '#platform/cache/copy'
import { type Call, checkVersion, may } from '#platform/call'
import type { Clock } from '#platform/clock'
import { refuseTaken, type UniqueKey } from '#platform/database/failure'
import { transaction } from '#platform/database/transaction'
import type { Outbox } from '#platform/events/outbox'
import type { Files } from '#platform/files/files'
import { refuseCaller } from '#platform/http/callers'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import type { Ids } from '#platform/id'
import { type CatalogueCache, isSharedList, listKey } from './catalogue-cache.ts'
import { lockCategory } from './category-queries.ts'
import { refuse } from './errors.ts'
import { productEvent } from './events.ts'
import { lockQueue } from './give-out.ts'
import { readImageIds } from './image-ids.ts'
import {
  findProduct,
  insertProducts,
  insertStockEntries,
  listProducts,
  lockProduct,
  type ProductFilter,
  type ProductRow,
  updateProduct,
} from './product-queries.ts'
import { changedProduct, countEntries, newProduct } from './product-rows.ts'
import type { Product, ProductBody, ProductChange, ProductQuery } from './schemas.ts'
import { settleProduct } from './settle-product.ts'
import { levelEvents } from './stock-level.ts'
import type { ShopTables } from './table.ts'
import { toProduct } from './views.ts'

export type ShopParts = {
  readonly db: Kysely<ShopTables>
  readonly clock: Clock
  readonly ids: Ids
  readonly outbox: Outbox
}

const uniqueKeys: readonly UniqueKey[] = [
  { table: 'products', column: 'sku_key', refuse: () => refuse('sku_taken') },
]

export type Catalogue = ReturnType<typeof createCatalogue>

type CatalogueParts = ShopParts & { readonly cache: CatalogueCache; readonly files: Files }

/** A copy of an answer, and whether it was there before anybody asked. */
type Found = { readonly copy: Copy; readonly isHit: boolean }

/** The use cases of products. Whoever may write products sees the hidden ones as well. */
export function createCatalogue(parts: CatalogueParts) {
  const { db, clock, ids, outbox, cache, files } = parts
  return {
    async listProducts(call: Call, query: ProductQuery): Promise<Found> {
      const filter = toFilter(call, query)
      const { includingHidden } = filter
      const { copy, isHit } = await cache.list({
        operation: 'products_list',
        key: listKey({ query, includingHidden }),
        isShared: isSharedList(query),
        load: async () => {
          const page = await listProducts(db, {
            filter,
            sort: query.sort,
            request: toPageRequest(query),
          })
          return {
            text: JSON.stringify(presentPage(page, toProduct)),
            version: 0,
            isPublic: !includingHidden,
          }
        },
      })
      if (copy === undefined) throw new TypeError('every list has a page')
      return { copy, isHit }
    },

    async getProduct(call: Call, id: string): Promise<Found> {
      const { copy, isHit } = await cache.record({
        operation: 'product_detail',
        id,
        load: async () => {
          const row = await findProduct(db, id)
          if (row === undefined) return undefined
          const { version, hidden_at } = row
          return { text: JSON.stringify(toProduct(row)), version, isPublic: hidden_at === null }
        },
      })
      if (copy === undefined || (!copy.isPublic && !may(call, 'products:write')))
        throw refuse('product_not_found')
      return { copy, isHit }
    },

    async createProduct(call: Call<Product>, body: ProductBody): Promise<Product> {
      return await refuseTaken(uniqueKeys, () =>
        transaction(db, call, async (trx) => {
          await requireCategory(trx, body.category_id)
          const now = clock.now()
          const row = newProduct(ids.next(), body, now)
          const product = toProduct(row)
          await insertProducts(trx, [row])
          await recordCount(trx, call, row, body.stock)
          await outbox.append(trx, call, productEvent('created', product), ...levelEvents(null, row))
          return product
        }),
      )
    },

    async changeProduct(call: Call<Product>, id: string, change: ProductChange): Promise<Product> {
      return await refuseTaken(uniqueKeys, () =>
        transaction(db, call, async (trx) => {
          const queue = await lockQueue(trx, { productId: id, units: change.stock ?? 0 })
          const row = await getLockedProduct(trx, id)
          checkVersion(call, row)
          if (change.category_id !== undefined) await requireCategory(trx, change.category_id)
          const now = clock.now()
          const changed = changedProduct(row, change, now)
          await updateProduct(trx, id, changed)
          await recordCount(trx, call, changed, changed.stock - row.stock)
          await outbox.append(trx, call, productEvent('updated', toProduct(changed)))
          return toProduct(await settleProduct(parts, trx, { call, before: row, after: changed, queue }))
        }),
      )
    },

    /** The row stays, for the orders that name it; its SKU is free again, and its images are gone. */
    async deleteProduct(call: Call<void>, id: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const row = await getLockedProduct(trx, id)
        checkVersion(call, row)
        const now = clock.now()
        const version = row.version + 1
        await files.drop(trx, readImageIds(row))
        await updateProduct(trx, id, {
          deleted_at: now,
          updated_at: now,
          sku_key: null,
          image_ids: null,
          version,
        })
        await outbox.append(
          trx,
          call,
          productEvent('deleted', toProduct({ ...row, image_ids: null, updated_at: now, version })),
        )
      })
    },
  }

  async function recordCount(trx: Transaction<ShopTables>, call: Call, row: ProductRow, quantity: number) {
    const entries = countEntries({ id: ids.next(), row, quantity, actorId: call.actor?.userId ?? null })
    if (entries.length > 0) await insertStockEntries(trx, entries)
  }
}

export async function getLockedProduct(trx: Transaction<ShopTables>, id: string): Promise<ProductRow> {
  const row = await lockProduct(trx, id)
  if (row === undefined) throw refuse('product_not_found')
  return row
}

/** Only who may write products sees those that are not active, and may ask for them. */
function toFilter(call: Call, query: ProductQuery): ProductFilter {
  const includingHidden = may(call, 'products:write')
  if (query.active !== undefined && !includingHidden) {
    if (call.actor === null) throw refuseCaller('missing_authorization')
    throw refuseCaller('missing_permission', { details: { permission: 'products:write' } })
  }
  return {
    categoryId: query.category_id,
    q: query.q,
    minPriceMinor: query.min_price,
    maxPriceMinor: query.max_price,
    inStock: query.in_stock,
    policy: query.stock_policy,
    active: query.active,
    includingHidden,
  }
}

/** Locked, so that nobody deletes it while the product is written. */
async function requireCategory(trx: Transaction<ShopTables>, id: string): Promise<void> {
  if ((await lockCategory(trx, id)) === undefined) throw refuse('category_not_found')
}
