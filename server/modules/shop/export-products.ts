import type { Kysely } from 'kysely'
import { listCategories } from './category-queries.ts'
import { toProductRecord } from './product-lists.ts'
import { listProducts } from './product-queries.ts'
import type { ShopTables } from './table.ts'
import { toProduct } from './views.ts'

const PAGE = 500

/** Every product that was not deleted, by name, a page at a time: the list may be longer than memory. */
export async function* exportProducts(db: Kysely<ShopTables>): AsyncGenerator<Record<string, string>> {
  const names = new Map<string, string>()
  for await (const category of pages((cursor) =>
    listCategories(db, { q: undefined, request: { limit: PAGE, cursor } }),
  )) {
    names.set(category.id, category.name)
  }
  const filter = { categoryId: undefined, q: undefined, includingHidden: true }
  const products = pages((cursor) =>
    listProducts(db, { filter, sort: 'name', request: { limit: PAGE, cursor } }),
  )
  for await (const row of products) yield toProductRecord(toProduct(row), names.get(row.category_id) ?? '')
}

type PageRead<Row> = (
  cursor: string | undefined,
) => Promise<{ readonly rows: readonly Row[]; readonly nextCursor: string | null }>

async function* pages<Row>(read: PageRead<Row>): AsyncGenerator<Row> {
  let cursor: string | undefined
  do {
    const { rows, nextCursor } = await read(cursor)
    yield* rows
    cursor = nextCursor ?? undefined
  } while (cursor !== undefined)
}
