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
import { startTestShop, type TestShop, unique } from './test-shop.ts'

/** How many series, and how long each may get: `TEST_STOCK_RUNS=50 TEST_STOCK_STEPS=200`. */
const RUNS = Number(process.env['TEST_STOCK_RUNS'] ?? 4)
const STEPS = Number(process.env['TEST_STOCK_STEPS'] ?? 40)
const AT_ONCE = 16
const PRODUCTS = 3

const which = fc.nat(PRODUCTS - 1)
const quantity = fc.integer({ min: 1, max: 6 })
const order = fc.record({
  do: fc.constant('order' as const),
  products: fc.uniqueArray(which, { minLength: 1 }),
  quantity,
})
const step = fc.oneof(
  order,
  order,
  fc.record({ do: fc.constant('receipt' as const), which, quantity }),
  fc.record({ do: fc.constant('scrap' as const), which, quantity }),
  fc.record({ do: fc.constant('count' as const), which, stock: fc.nat(6) }),
  fc.record({ do: fc.constant('import' as const), stock: fc.nat(6) }),
  fc.record({ do: fc.constant('cancel' as const), which: fc.nat(30) }),
  fc.record({
    do: fc.constant('policy' as const),
    which,
    policy: fc.constantFrom('deny', 'backorder', 'make_to_order', 'backorder'),
  }),
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never
type Named = { readonly id: string; readonly sku: string }

onEach(engines, 'lines that wait', (backend) => {
  let shop: TestShop
  let importProducts: ReturnType<typeof createImportProducts>
  before(async () => {
    shop = await startTestShop(backend, { environment: { KARYA_MODULES: 'identity,shop' } })
    const db: Kysely<ShopTables> = shop.db.withTables<ShopTables>()
    const parts = { clock: systemClock, ids: systemIds }
    importProducts = createImportProducts({
      ...parts,
      db,
      outbox: createOutbox({ ...parts, traceparent: () => null }),
    })
  })
  after(async () => await shop.stop())

  const makeProducts = async (): Promise<Named[]> =>
    await Promise.all(
      Array.from({ length: PRODUCTS }, async () => {
        const sku = unique('W')
        const { id } = await shop.stockUp({ sku, stock: 2, stock_policy: 'backorder' })
        return { id, sku }
      }),
    )

  /** Every step may be refused, but none may fail. */
  async function take(one: Step, products: readonly Named[], orders: string[]): Promise<void> {
    const ask = async (method: string, path: string, body: object) => {
      const answer = await shop.ask(method, `/api/v1${path}`, { token: shop.administrator.token, body })
      assert.ok([200, 201, 409].includes(answer.status), answer.text)
      return answer
    }
    const idOf = (index: number) => products[index]?.id ?? ''
    switch (one.do) {
      case 'order': {
        const lines = one.products.map((index) => ({ id: idOf(index), qty: one.quantity }))
        const answer = await ask('POST', '/transactions', { products: lines })
        if (answer.status === 201) orders.push(answer.body.id)
        return
      }
      case 'receipt':
      case 'scrap': {
        const move = { kind: one.do, quantity: one.quantity, reason: 'Uji' }
        await ask('POST', `/products/${idOf(one.which)}/stock`, move)
        return
      }
      case 'count':
        await ask('PUT', `/products/${idOf(one.which)}`, { stock: one.stock })
        return
      case 'policy':
        await ask('PUT', `/products/${idOf(one.which)}`, { stock_policy: one.policy })
        return
      case 'import': {
        const rows = products.map(({ sku }) => ({
          sku,
          name: sku,
          category: 'Impor',
          price: 2,
          stock: one.stock,
        }))
        await importProducts(
          async function* () {
            yield rows
          },
          { dryRun: one.stock === 6 },
        )
        return
      }
      case 'cancel': {
        const id = orders[one.which]
        if (id !== undefined) await ask('POST', `/transactions/${id}/cancel`, {})
      }
    }
  }

  const linesOf = async (productId: string) =>
    await shop.db
      .selectFrom('order_lines')
      .innerJoin('orders', 'orders.id', 'order_lines.order_id')
      .select(['order_lines.order_id', 'order_lines.quantity', 'order_lines.waiting', 'orders.status'])
      .select('order_lines.waiting_since_at')
      .where('order_lines.product_id', '=', productId)
      .orderBy('order_lines.waiting_since_at')
      .orderBy('order_lines.order_id')
      .execute()

  async function check({ id }: Named): Promise<void> {
    const [stock, lines, entries] = [await shop.stockOf(id), await linesOf(id), await ledgerOf(id)]
    const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
    assert.ok(stock >= 0)
    assert.equal(sum(entries.map(({ quantity: moved }) => moved)), stock, 'the ledger sums to the stock')
    for (const { order_id: orderId, quantity: wanted, waiting, status } of lines) {
      const has =
        0 - sum(entries.filter((entry) => entry.order_id === orderId).map((entry) => entry.quantity))
      assert.equal(
        has,
        status === 'cancelled' ? 0 : wanted - (waiting ?? 0),
        'each has what it does not wait for',
      )
      assert.ok((waiting ?? 0) >= 0 && (status !== 'cancelled' || (waiting ?? 0) === 0))
    }
    const waiting = sum(lines.map((line) => line.waiting ?? 0))
    assert.ok(stock === 0 || waiting === 0, `${waiting} are waited for while ${stock} are there`)
    const queue = lines.filter((line) => line.waiting_since_at !== null && line.status !== 'cancelled')
    const next = queue.findIndex((line) => (line.waiting ?? 0) > 0)
    if (next !== -1)
      for (const line of queue.slice(next + 1))
        assert.equal(line.waiting, line.quantity, 'nobody has anything before those who have waited longer')
    await checkDemand(id, waiting)
  }

  async function checkDemand(id: string, waiting: number): Promise<void> {
    const events = await shop.eventsOf(`product_demand/${id}`)
    const last = events.at(-1)?.data ?? { waiting: 0, received: 0, version: 0 }
    assert.deepEqual([last.waiting, last.received, last.version], [waiting, 0, events.length])
    const told = events.map(({ data }) => `${data.waiting} ${data.policy}`)
    const repeated = told.filter((each, index) => each === told[index - 1])
    assert.deepEqual(repeated, [], 'it is announced only when something of it has changed')
    const row = await shop.db
      .selectFrom('product_demands')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst()
    assert.deepEqual([row?.waiting ?? 0, row?.version ?? 0], [waiting, events.length])
  }

  const ledgerOf = async (id: string) =>
    await shop.db
      .selectFrom('stock_entries')
      .select(['order_id', 'quantity'])
      .where('product_id', '=', id)
      .execute()

  /** Every record of the shop has one event for each of its versions. */
  async function checkVersions(table: 'orders' | 'products', ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const { version } = await shop.db
        .selectFrom(table)
        .select('version')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      const events = await shop.eventsOf(`${table === 'orders' ? 'order' : 'product'}/${id}`)
      assert.deepEqual(
        events.map(({ record_version }) => record_version),
        Array.from({ length: version }, (_, index) => index + 1),
      )
      assert.equal(events.at(-1)?.data.stock, table === 'orders' ? undefined : await shop.stockOf(id))
    }
  }

  it('S4 S7 add up after any series of steps, one by one and at once, and the oldest come first', async () => {
    let filled = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 8, maxLength: STEPS, size: 'max' }),
        fc.boolean(),
        async (series, isAtOnce) => {
          const products = await makeProducts()
          const orders: string[] = []
          const width = isAtOnce ? AT_ONCE : 1
          for (let index = 0; index < series.length; index += width) {
            const together = series.slice(index, index + width)
            // Two lists at once that change the same products are for one to wait until the other is done.
            const lists = together.filter(({ do: kind }) => kind === 'import')
            const others = together.filter((one) => !lists.includes(one))
            await Promise.all(
              [...others, ...lists.slice(0, 1)].map(async (one) => await take(one, products, orders)),
            )
            for (const one of lists.slice(1)) await take(one, products, orders)
            for (const product of products) await check(product)
          }
          await checkVersions('orders', orders)
          await checkVersions(
            'products',
            products.map(({ id }) => id),
          )
          filled += (await shop.eventsOf(`product_demand/${products[0]?.id}`)).length
        },
      ),
      { numRuns: RUNS },
    )
    assert.ok(filled > 0, 'nobody has waited')
  })

  it('S7 serves sixteen who order, cancel and bring goods at once', async () => {
    const products = await makeProducts()
    const all = products.map(({ id }) => ({ id, qty: 2 }))
    const orders: string[] = []
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(
        Array.from(
          { length: AT_ONCE },
          async (_, index) => await shop.order(index % 2 === 0 ? all : all.toReversed()),
        ),
      )
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
      orders.push(...answers.map(({ body }) => body.id))
      const mixed = Array.from({ length: AT_ONCE }, (_, index): Step => {
        if (index % 4 === 0) return { do: 'order', products: [0, 1, 2], quantity: 1 }
        if (index % 4 === 1) return { do: 'receipt', which: index % PRODUCTS, quantity: 3 }
        return { do: 'cancel', which: round * AT_ONCE + index }
      })
      await Promise.all(mixed.map(async (one) => await take(one, products, orders)))
      for (const product of products) await check(product)
    }
    await checkVersions('orders', orders)
  })

  it('S7 gives a large receipt to more than are filled at a time', async () => {
    const [product] = await makeProducts()
    assert.ok(product)
    const { id } = product
    const now = new Date()
    const count = 1_203
    const buyer = { user_id: shop.buyer.id, user_email: shop.buyer.email }
    // As many orders over HTTP would take longer than the rest of this file.
    const numbers = Array.from({ length: count }, (_, index) => ({ orderId: systemIds.next(), index }))
    for (let from = 0; from < count; from += 400) {
      const part = numbers.slice(from, from + 400)
      await shop.db
        .insertInto('orders')
        .values(
          part.map(({ orderId, index }) => ({
            id: orderId,
            number: unique(`ORD-${index}`),
            ...buyer,
            status: 'paid',
            total_minor: 1,
            version: 1,
            created_at: now,
            updated_at: now,
          })),
        )
        .execute()
      await shop.db
        .insertInto('order_lines')
        .values(
          part.map(({ orderId, index }) => ({
            order_id: orderId,
            line: 1,
            product_id: id,
            name: 'Banyak',
            price_minor: 1,
            quantity: 2,
            waiting: 2,
            waiting_since_at: new Date(now.getTime() + index),
          })),
        )
        .execute()
    }
    await shop.db
      .insertInto('product_demands')
      .values({ id, waiting: 2 * count, received: 0, version: 1, updated_at: now })
      .execute()
    const left = 3
    await take({ do: 'count', which: 0, stock: 0 }, [product], [])
    await take({ do: 'receipt', which: 0, quantity: 2 * count - left }, [product], [])
    const lines = await linesOf(id)
    assert.deepEqual(
      lines.map(({ waiting }) => waiting),
      [...Array.from({ length: count - 2 }, () => 0), 1, 2],
    )
    assert.equal(await shop.stockOf(id), 0)
    const [demand] = (await shop.eventsOf(`product_demand/${id}`)).map(({ data }) => data.waiting)
    assert.equal(demand, left)
  })
})
