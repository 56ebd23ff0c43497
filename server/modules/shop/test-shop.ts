import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Backend } from '#tests/backends'
import { type Answer, type Person, startTestApp, type TestApp } from '#tests/test-app'
import type { Order } from './order-schemas.ts'
import type { Product } from './schemas.ts'

type Named = 'name' | 'price' | 'stock' | 'category_id' | 'sku' | 'active' | 'stock_policy' | 'low_stock_at'
type Fields = Partial<Pick<Product, Named>> & {
  readonly description?: string | null
}

export type TestShop = TestApp & {
  readonly buyer: Person
  readonly categoryId: string
  readonly createCategory: (name?: string) => Promise<string>
  /** A product as the administrator makes it; what is not said does not matter. */
  readonly stockUp: (fields?: Fields) => Promise<Product>
  readonly order: (products: readonly object[], options?: OrderOptions) => Promise<Answer>
  /** An order that must succeed. */
  readonly sell: (productId: string, quantity?: number, by?: Person) => Promise<Order>
  readonly stockOf: (productId: string) => Promise<number>
  readonly ledgerOf: (productId: string) => Promise<{ kind: string; quantity: number }[]>
  readonly eventsOf: (
    subject: string,
    // oxlint-disable-next-line typescript/no-explicit-any
  ) => Promise<{ type: string; record_version: number; actor_id: string | null; data: any }[]>
}

type OrderOptions = { readonly by?: Person; readonly total?: unknown; readonly key?: string }

/**
 * For the tests of the shop: a server with a category, and somebody who buys. `environment` may have it run the shop
 * without those who do something about what it says.
 */
export async function startTestShop(
  backend: Backend,
  options: { readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<TestShop> {
  const app = await startTestApp(backend, options)
  const { ask, db, administrator } = app
  const buyer = await app.enrol()

  async function createCategory(name = unique('Kategori')): Promise<string> {
    const answer = await ask('POST', '/api/v1/categories', { token: administrator.token, body: { name } })
    assert.equal(answer.status, 201, answer.text)
    return answer.body.id
  }
  const categoryId = await createCategory()

  async function order(products: readonly object[], { by = buyer, total, key }: OrderOptions = {}) {
    return await ask('POST', '/api/v1/transactions', {
      token: by.token,
      body: { products, ...(total === undefined ? {} : { total_price: total }) },
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    })
  }

  return {
    ...app,
    buyer,
    categoryId,
    createCategory,
    order,
    async stockUp(fields = {}) {
      const answer = await ask('POST', '/api/v1/products', {
        token: administrator.token,
        body: { name: 'Kopi Gayo', price: 15_000, stock: 10, category_id: categoryId, ...fields },
      })
      assert.equal(answer.status, 201, answer.text)
      return answer.body
    },
    async sell(productId, quantity = 1, by = buyer) {
      const answer = await order([{ id: productId, qty: quantity }], { by })
      assert.equal(answer.status, 201, answer.text)
      return answer.body
    },
    async stockOf(productId) {
      const row = await db
        .selectFrom('products')
        .select('stock')
        .where('id', '=', productId)
        .executeTakeFirstOrThrow()
      return row.stock
    },
    async ledgerOf(productId) {
      const rows = await db
        .selectFrom('stock_entries')
        .select(['kind', 'quantity'])
        .where('product_id', '=', productId)
        .orderBy('id')
        .execute()
      return rows.map(({ kind, quantity }) => ({ kind, quantity }))
    },
    async eventsOf(subject) {
      const rows = await db
        .selectFrom('outbox')
        .select(['type', 'record_version', 'actor_id', 'data'])
        .where('subject', '=', subject)
        .orderBy('record_version')
        .execute()
      return rows.map((row) => ({ ...row, data: JSON.parse(row.data) }))
    },
  }
}

export function unique(word: string): string {
  return `${word} ${randomBytes(5).toString('hex')}`
}

/** A well-formed id that nothing has. */
export const NOBODYS_ID = '01890000-0000-7000-8000-000000000000'
