import type { Transaction } from 'kysely'
import { type Call, checkVersion } from '#platform/call'
import { refuseTaken, type UniqueKey } from '#platform/database/failure'
import { fold } from '#platform/database/search'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import type { ShopParts } from './catalogue.ts'
import {
  type CategoryRow,
  findCategory,
  insertCategories,
  listCategories,
  lockCategory,
  updateCategory,
} from './category-queries.ts'
import { refuse } from './errors.ts'
import { categoryEvent } from './events.ts'
import { hasProducts } from './product-queries.ts'
import type { Category, CategoryBody, CategoryQuery } from './schemas.ts'
import type { ShopTables } from './table.ts'
import { toCategory } from './views.ts'

const uniqueKeys: readonly UniqueKey[] = [
  { table: 'categories', column: 'name_key', refuse: () => refuse('category_name_taken') },
]

export type Categories = ReturnType<typeof createCategories>

export function createCategories({ db, clock, ids, outbox }: ShopParts) {
  return {
    async listCategories(query: CategoryQuery) {
      return presentPage(await listCategories(db, { q: query.q, request: toPageRequest(query) }), toCategory)
    },

    async getCategory(id: string): Promise<Category> {
      const row = await findCategory(db, id)
      if (row === undefined) throw refuse('category_not_found')
      return toCategory(row)
    },

    async createCategory(call: Call<Category>, { name }: CategoryBody): Promise<Category> {
      return await refuseTaken(uniqueKeys, () =>
        transaction(db, call, async (trx) => {
          const now = clock.now()
          const row: CategoryRow = {
            id: ids.next(),
            name: name.trim(),
            name_key: fold(name),
            deleted_at: null,
            version: 1,
            created_at: now,
            updated_at: now,
          }
          await insertCategories(trx, [row])
          await outbox.append(trx, call, categoryEvent('created', toCategory(row)))
          return toCategory(row)
        }),
      )
    },

    async renameCategory(call: Call<Category>, id: string, { name }: CategoryBody): Promise<Category> {
      return await refuseTaken(uniqueKeys, () =>
        transaction(db, call, async (trx) => {
          const row = await getLockedCategory(trx, id)
          checkVersion(call, row)
          const changed: CategoryRow = {
            ...row,
            name: name.trim(),
            name_key: fold(name),
            version: row.version + 1,
            updated_at: clock.now(),
          }
          await updateCategory(trx, id, changed)
          await outbox.append(trx, call, categoryEvent('updated', toCategory(changed)))
          return toCategory(changed)
        }),
      )
    },

    /** The row stays, for the deleted products that name it; its name is free again. */
    async deleteCategory(call: Call<void>, id: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const row = await getLockedCategory(trx, id)
        checkVersion(call, row)
        if (await hasProducts(trx, id)) throw refuse('category_in_use')
        const now = clock.now()
        const last: CategoryRow = {
          ...row,
          name_key: id,
          deleted_at: now,
          version: row.version + 1,
          updated_at: now,
        }
        await updateCategory(trx, id, last)
        await outbox.append(trx, call, categoryEvent('deleted', toCategory(last)))
      })
    },
  }
}

async function getLockedCategory(trx: Transaction<ShopTables>, id: string): Promise<CategoryRow> {
  const row = await lockCategory(trx, id)
  if (row === undefined) throw refuse('category_not_found')
  return row
}
