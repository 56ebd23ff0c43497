import type { Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import { like } from '#platform/database/search'
import type { CategoryTable, ShopTables } from './table.ts'

export type CategoryRow = Selectable<CategoryTable>

export async function findCategory(db: Kysely<ShopTables>, id: string): Promise<CategoryRow | undefined> {
  return await db
    .selectFrom('categories')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}

export async function lockCategory(
  trx: Transaction<ShopTables>,
  id: string,
): Promise<CategoryRow | undefined> {
  return await trx
    .selectFrom('categories')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
}

export async function lockCategoriesByKey(
  trx: Transaction<ShopTables>,
  nameKeys: readonly string[],
): Promise<CategoryRow[]> {
  return await trx
    .selectFrom('categories')
    .selectAll()
    .where('name_key', 'in', nameKeys)
    .orderBy('id')
    .forUpdate()
    .execute()
}

export async function listCategories(
  db: Kysely<ShopTables>,
  { q, request }: { readonly q: string | undefined; readonly request: PageRequest },
): Promise<Page<CategoryRow>> {
  const all = db.selectFrom('categories').where('deleted_at', 'is', null)
  const found = q === undefined ? all : all.where(like('name_key', q))
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'categories.name_key', holds: 'text', descending: false },
    sortValueOf: (row) => row.name_key,
    request,
  })
}

export async function insertCategories(
  trx: Transaction<ShopTables>,
  rows: readonly Insertable<CategoryTable>[],
): Promise<void> {
  await trx.insertInto('categories').values(rows).execute()
}

export async function updateCategory(
  trx: Transaction<ShopTables>,
  id: string,
  change: Updateable<CategoryTable>,
): Promise<void> {
  await trx.updateTable('categories').set(change).where('id', '=', id).execute()
}
