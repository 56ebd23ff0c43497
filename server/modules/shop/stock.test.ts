import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import fc from 'fast-check'
import type { Kysely } from 'kysely'
import { systemClock } from '#platform/clock'
import { createOutbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { createImportProducts } from './import-products.ts'
import type { ShopTables } from './table.ts'
import { startTestShop, type TestShop } from './test-shop.ts'

/** How many series, and how long each may get: `TEST_STOCK_RUNS=50 TEST_STOCK_STEPS=200`. */
const RUNS = Number(process.env['TEST_STOCK_RUNS'] ?? 5)
const STEPS = Number(process.env['TEST_STOCK_STEPS'] ?? 30)
const SKUS = ['L-0', 'L-1', 'L-2', 'L-3']

const sku = fc.constantFrom(...SKUS)
const stock = fc.nat(8)
const quantity = fc.integer({ min: 1, max: 5 })
const step = fc.oneof(
  fc.record({ do: fc.constant('create' as const), sku, stock }),
  fc.record({ do: fc.constant('count' as const), sku, stock }),
  fc.record({
    do: fc.constant('order' as const),
    skus: fc.array(sku, { minLength: 1, maxLength: 4 }),
    quantity,
  }),
  fc.record({
    do: fc.constant('move' as const),
    sku,
    kind: fc.constantFrom('receipt', 'adjustment', 'scrap'),
    quantity,
    isMinus: fc.boolean(),
  }),
  fc.record({ do: fc.constant('cancel' as const), which: fc.nat(20) }),
  fc.record({ do: fc.constant('delete' as const), sku }),
  fc.record({ do: fc.constant('import' as const), skus: fc.uniqueArray(sku, { minLength: 1 }), stock }),
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

onEach(engines, 'the stock ledger', (backend) => {
  let shop: TestShop
  let importProducts: ReturnType<typeof createImportProducts>
  before(async () => {
    shop = await startTestShop(backend)
    const db: Kysely<ShopTables> = shop.db.withTables<ShopTables>()
    const parts = { clock: systemClock, ids: systemIds }
    const outbox = createOutbox({ ...parts, traceparent: () => null })
    importProducts = createImportProducts({ ...parts, db, outbox })
  })
  after(async () => await shop.stop())

  async function idOf(which: string): Promise<string | undefined> {
    const found = await shop.db
      .selectFrom('products')
      .select('id')
      .where('sku', '=', which)
      .where('deleted_at', 'is', null)
      .executeTakeFirst()
    return found?.id
  }

  /** Every step may be refused, but none may fail. */
  async function take(one: Step, orders: string[]): Promise<void> {
    const { token } = shop.administrator
    switch (one.do) {
      case 'create': {
        const body = { name: one.sku, sku: one.sku, price: 1, stock: one.stock, category_id: shop.categoryId }
        return expect(await shop.ask('POST', '/api/v1/products', { token, body }))
      }
      case 'count': {
        const id = await idOf(one.sku)
        const body = { stock: one.stock }
        if (id !== undefined) expect(await shop.ask('PUT', `/api/v1/products/${id}`, { token, body }))
        return
      }
      case 'order': {
        const ids = (await Promise.all(one.skus.map(idOf))).filter((id) => id !== undefined)
        if (ids.length === 0) return
        const answer = await shop.order(ids.map((id) => ({ id, qty: one.quantity })))
        if (answer.status === 201) orders.push(answer.body.id)
        return expect(answer)
      }
      case 'move': {
        const id = await idOf(one.sku)
        if (id === undefined) return
        const isMinus = one.kind === 'adjustment' && one.isMinus
        const body = { kind: one.kind, quantity: isMinus ? -one.quantity : one.quantity, reason: 'Uji' }
        return expect(await shop.ask('POST', `/api/v1/products/${id}/stock`, { token, body }))
      }
      case 'cancel': {
        const id = orders[one.which]
        const body = {}
        if (id !== undefined)
          expect(await shop.ask('POST', `/api/v1/transactions/${id}/cancel`, { token, body }))
        return
      }
      case 'delete': {
        const id = await idOf(one.sku)
        if (id !== undefined) expect(await shop.ask('DELETE', `/api/v1/products/${id}`, { token }))
        return
      }
      case 'import': {
        const rows = one.skus.map((name) => ({
          sku: name,
          name,
          category: 'Impor',
          price: 2,
          stock: one.stock,
        }))
        await importProducts(
          async function* () {
            yield rows
          },
          { dryRun: one.stock % 4 === 3 },
        )
      }
    }
  }

  function expect({ status, text }: { status: number; text: string }): void {
    assert.ok(status < 500 && status !== 400 && status !== 401 && status !== 403, text)
  }

  /** Every product whose ledger does not sum to its stock. */
  async function imbalance() {
    const products = await shop.db.selectFrom('products').select(['id', 'stock']).execute()
    const sums = await shop.db
      .selectFrom('stock_entries')
      .select((eb) => ['product_id', eb.fn.sum<number>('quantity').as('sum')])
      .groupBy('product_id')
      .execute()
    const sumOf = new Map(sums.map((row) => [row.product_id, row.sum]))
    assert.ok(products.length > 0)
    return products.filter(({ id, stock: there }) => there < 0 || there !== (sumOf.get(id) ?? 0))
  }

  /** Every entry whose balance is not that of the one before it and its own quantity. */
  async function leaps() {
    const entries = await shop.db
      .selectFrom('stock_entries')
      .select(['product_id', 'quantity', 'balance'])
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    const balances = new Map<string, number>()
    return entries.filter(({ product_id: product, quantity: moved, balance }) => {
      const expected = (balances.get(product) ?? 0) + moved
      balances.set(product, expected)
      return balance !== expected
    })
  }

  it('S7 sums to the stock of every product after any series of steps, one by one and at once', async () => {
    await shop.stockUp()
    let steps = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: STEPS, size: 'max' }),
        fc.boolean(),
        async (series, atOnce) => {
          const orders: string[] = []
          for (let index = 0; index < series.length; index += atOnce ? 5 : 1) {
            const together = series.slice(index, index + (atOnce ? 5 : 1))
            const kinds = new Set(together.filter(({ do: kind }) => kind === 'import'))
            // A list is imported by itself: two that make the same product at once are refused as a whole.
            const others = together.filter((one) => !kinds.has(one))
            await Promise.all(others.map((one) => take(one, orders)))
            for (const one of kinds) await take(one, orders)
            steps += together.length
          }
          assert.deepEqual(await imbalance(), [])
          assert.deepEqual(await leaps(), [])
        },
      ),
      { numRuns: RUNS },
    )
    assert.ok(steps >= RUNS * 5)
    const { count } = await shop.db
      .selectFrom('stock_entries')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    assert.ok(count > RUNS, 'the steps moved no stock')
  })
})
