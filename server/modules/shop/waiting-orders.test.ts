import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { KyselyPlugin } from 'kysely'
import { systemCall } from '#platform/call'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Order } from './order-schemas.ts'
import type { Product } from './schemas.ts'
import { startTestShop, type TestShop, unique } from './test-shop.ts'
import { createWhy } from './why.ts'

const ORDERS = '/api/v1/transactions'
const MINUTE_MS = 60_000

onEach(engines, 'orders of more than is there', (backend) => {
  let shop: TestShop
  before(async () => {
    // Nobody makes what is ordered, or says when it comes.
    shop = await startTestShop(backend, { environment: { KARYA_MODULES: 'identity,shop' } })
  })
  after(async () => await shop.stop())

  const stockUp = async (stock: number, rest: object = {}) =>
    await shop.stockUp({ stock, stock_policy: 'backorder', ...rest })
  async function must(method: string, path: string, body?: object) {
    const { token } = shop.administrator
    const answer = await shop.ask(method, `/api/v1${path}`, {
      token,
      ...(body === undefined ? {} : { body }),
    })
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
    return answer.body
  }
  const receive = async (id: string, quantity: number) =>
    await must('POST', `/products/${id}/stock`, { kind: 'receipt', quantity, reason: 'Datang' })
  const cancel = async (id: string) => await must('POST', `/transactions/${id}/cancel`, {})
  const read = async (id: string): Promise<Order> => await must('GET', `/transactions/${id}`)
  const waitingOf = async (...orders: readonly { readonly id: string }[]) =>
    (await Promise.all(orders.map(async ({ id }) => await read(id)))).map((order) =>
      order.products.map(({ waiting }) => waiting),
    )
  const demandsOf = async (id: string) =>
    (await shop.eventsOf(`product_demand/${id}`)).map(({ data }) => [data.waiting, data.policy])
  const quantities = async (id: string) =>
    (await shop.ledgerOf(id)).map(({ kind, quantity }) => `${kind} ${quantity}`)

  it('S4 refuses what is not there of a product of which nobody has said otherwise, and of one with `deny`', async () => {
    const [silent, denying] = [
      await shop.stockUp({ stock: 1 }),
      await shop.stockUp({ stock: 1, stock_policy: 'deny' }),
    ]
    for (const { id, stock_policy: policy } of [silent, denying]) {
      assert.equal(policy, 'deny')
      const { status, body } = await shop.order([{ id, qty: 2 }])
      assert.deepEqual(
        [status, body.code, body.available],
        [409, 'insufficient_stock', [{ product_id: id, requested: 2, available: 1 }]],
      )
      assert.deepEqual(await demandsOf(id), [])
    }
    const ahead = await stockUp(0)
    const mixed = await shop.order([
      { id: ahead.id, qty: 5 },
      { id: silent.id, qty: 2 },
    ])
    assert.deepEqual([mixed.status, mixed.body.available.length], [409, 1])
    assert.deepEqual(await demandsOf(ahead.id), [])
  })

  it('S5 says for how many units others have waited longer, without reading their lines', async () => {
    const { id } = await stockUp(0)
    const orders: Order[] = []
    for (const quantity of [5, 3, 2, 4]) {
      // The last two at one moment.
      if (orders.length < 3) shop.clock.advance(1)
      orders.push(await shop.sell(id, quantity))
    }
    await cancel(orders[1]?.id ?? '')
    let rows = 0
    const counting: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        rows += result.rows.length
        return await Promise.resolve(result)
      },
    }
    const explain = createWhy({ db: shop.db.withPlugin(counting) })
    const { id: userId, email } = shop.buyer
    const actor = { userId, email, role: 'customer', permissions: new Set<string>(), sessionId: null }
    const found: [number | undefined, number][] = []
    for (const order of orders) {
      rows = 0
      const { lines } = await explain({ ...systemCall, actor }, order.id)
      found.push([lines[0]?.ahead, rows])
    }
    // The order, its line, and the sum where it waits.
    assert.deepEqual(found, [
      [0, 3],
      [undefined, 2],
      [5, 3],
      [7, 3],
    ])
  })

  it('S4 takes what is there and waits for the rest, for both policies alike', async () => {
    for (const policy of ['backorder', 'make_to_order'] as const) {
      const { id } = await stockUp(3, { stock_policy: policy, price: 100 })
      const order = await shop.sell(id, 5)
      assert.deepEqual(
        order.products.map(({ quantity, waiting, promised_on, subtotal }) => [
          quantity,
          waiting,
          promised_on,
          subtotal,
        ]),
        [[5, 2, null, 500]],
      )
      assert.equal(order.total_price, 500)
      assert.deepEqual(await quantities(id), ['receipt 3', 'sale -3'])
      assert.deepEqual(await demandsOf(id), [[2, policy]])
      const next = await shop.sell(id, 4)
      assert.equal(next.products[0]?.waiting, 4)
      assert.deepEqual(await quantities(id), ['receipt 3', 'sale -3'])
      assert.deepEqual(await demandsOf(id), [
        [2, policy],
        [6, policy],
      ])
      const [created] = await shop.eventsOf(`order/${next.id}`)
      assert.equal(created?.data.products[0].waiting, 4)
    }
  })

  it('S4 announces no demand while what is there is enough', async () => {
    const { id } = await stockUp(5)
    const order = await shop.sell(id, 5)
    await cancel(order.id)
    await receive(id, 1)
    assert.deepEqual(await demandsOf(id), [])
    assert.deepEqual(order.products[0]?.waiting, 0)
  })

  it('S7 gives a receipt to those who have waited longest, with a version and an event of each order', async () => {
    const { id } = await stockUp(0)
    const [first, second, third] = [await shop.sell(id, 2), await shop.sell(id, 3), await shop.sell(id, 1)]
    const entry = await receive(id, 4)
    assert.deepEqual([entry.quantity, entry.balance], [4, 4])
    assert.deepEqual(await waitingOf(first, second, third), [[0], [1], [1]])
    assert.deepEqual(await quantities(id), ['receipt 4', 'sale -2', 'sale -2'])
    assert.equal(await shop.stockOf(id), 0)
    for (const [order, waits] of [
      [first, 0],
      [second, 1],
    ] as const) {
      const now = await read(order.id)
      const events = await shop.eventsOf(`order/${order.id}`)
      assert.deepEqual(
        events.map(({ type, record_version }) => [type, record_version]),
        [
          ['order_created', 1],
          ['order_updated', 2],
        ],
      )
      assert.deepEqual(events[1]?.data.products[0].waiting, waits)
      assert.deepEqual([now.version, events[1]?.data.updated_at], [2, now.updated_at])
    }
    assert.equal((await read(third.id)).version, 1)
    await receive(id, 4)
    assert.deepEqual(await waitingOf(first, second, third), [[0], [0], [0]])
    assert.equal(await shop.stockOf(id), 2)
    assert.deepEqual(
      (await demandsOf(id)).map(([waiting]) => waiting),
      [2, 5, 6, 2, 0],
    )
  })

  it('S7 gives a stock that is raised by hand to them as well, and answers with what is left', async () => {
    const { id } = await stockUp(0)
    const order = await shop.sell(id, 2)
    const changed: Product = await must('PUT', `/products/${id}`, { stock: 5, name: 'Gayo baru' })
    assert.deepEqual([changed.stock, changed.on_hand, changed.name], [3, 3, 'Gayo baru'])
    const answer = await shop.ask('GET', `/api/v1/products/${id}`)
    assert.deepEqual(answer.body, changed)
    assert.equal(answer.headers['etag'], `"${changed.version}"`)
    assert.deepEqual(await waitingOf(order), [[0]])
    assert.deepEqual(await quantities(id), ['adjustment 5', 'sale -2'])
    const versions = (await shop.eventsOf(`product/${id}`)).map(({ record_version }) => record_version)
    assert.deepEqual(
      versions,
      versions.map((_, index) => index + 1),
    )
    assert.equal(versions.length, changed.version)
  })

  it('S5 a cancelled order gives back what it had, at once to the others, and waits for nothing', async () => {
    const { id } = await stockUp(3)
    const [holder, waiter, last] = [await shop.sell(id, 4), await shop.sell(id, 2), await shop.sell(id, 2)]
    const cancelled = await cancel(holder.id)
    assert.deepEqual([cancelled.status, cancelled.products[0].waiting], ['cancelled', 0])
    assert.deepEqual(await read(holder.id), cancelled)
    assert.deepEqual(await waitingOf(waiter, last), [[0], [1]])
    assert.deepEqual(await quantities(id), ['receipt 3', 'sale -3', 'release 3', 'sale -2', 'sale -1'])
    await cancel(last.id)
    assert.deepEqual(await waitingOf(last), [[0]])
    assert.equal(await shop.stockOf(id), 1)
    assert.deepEqual(
      (await demandsOf(id)).map(([waiting]) => waiting),
      [1, 3, 5, 1, 0],
    )
  })

  it('S5 an order that has nothing yet is cancelled without a word in the ledger', async () => {
    const { id } = await stockUp(0)
    const order = await shop.sell(id, 7)
    await cancel(order.id)
    assert.deepEqual(await quantities(id), [])
    assert.deepEqual(
      (await demandsOf(id)).map(([waiting]) => waiting),
      [7, 0],
    )
  })

  it('S5 an order of several products gives each of them to whoever waits for all of them', async () => {
    const [a, b] = [await stockUp(2), await stockUp(2)]
    const both = [a, b].map(({ id }) => ({ id, qty: 2 }))
    const holder = await shop.order(both)
    const waiter = await shop.order(both.toReversed())
    await cancel(holder.body.id)
    assert.deepEqual(await waitingOf(waiter.body), [[0, 0]])
    const events = await shop.eventsOf(`order/${waiter.body.id}`)
    assert.deepEqual(
      events.map(({ record_version, data }) => [
        record_version,
        data.products.reduce((sum: number, line: { waiting: number }) => sum + line.waiting, 0),
      ]),
      [
        [1, 4],
        [2, 2],
        [3, 0],
      ],
    )
  })

  it('S5 is not sent while units are still to come', async () => {
    const { id, name } = await stockUp(1)
    const order = await shop.sell(id, 3)
    const move = async (status: string) =>
      await shop.ask('PUT', `${ORDERS}/${order.id}/status`, {
        token: shop.administrator.token,
        body: { status },
      })
    assert.equal((await move('paid')).status, 200)
    assert.equal((await move('processing')).status, 200)
    const refused = await move('shipped')
    assert.deepEqual([refused.status, refused.body.code], [409, 'lines_waiting'])
    assert.deepEqual(refused.body.lines, [
      { product_id: id, name, quantity: 3, waiting: 2, promised_on: null },
    ])
    await receive(id, 1)
    assert.equal((await move('shipped')).status, 409)
    await receive(id, 1)
    assert.equal((await move('shipped')).status, 200)
  })

  it('S4 whoever waits goes on waiting when the policy becomes `deny`, and newcomers are refused', async () => {
    const { id } = await stockUp(0)
    const order = await shop.sell(id, 2)
    await must('PUT', `/products/${id}`, { stock_policy: 'deny' })
    assert.deepEqual(await waitingOf(order), [[2]])
    assert.equal((await shop.order([{ id, qty: 1 }])).status, 409)
    await must('PUT', `/products/${id}`, { stock_policy: 'deny', description: 'Sama' })
    assert.deepEqual(await demandsOf(id), [
      [2, 'backorder'],
      [2, 'deny'],
    ])
    await receive(id, 3)
    assert.deepEqual(await waitingOf(order), [[0]])
    assert.equal((await shop.order([{ id, qty: 1 }])).status, 201)
    assert.deepEqual((await demandsOf(id)).at(-1), [0, 'deny'])
  })

  it('C6 an order that waits is placed once for one key, and answered alike', async () => {
    const { id } = await stockUp(1)
    const key = unique('kunci').replace(' ', '-')
    const lines = [{ id, qty: 4 }]
    const [one, two] = await Promise.all([shop.order(lines, { key }), shop.order(lines, { key })])
    assert.deepEqual([one.status, two.text], [201, one.text])
    await receive(id, 3)
    assert.equal((await shop.order(lines, { key })).text, one.text)
    assert.deepEqual(
      (await demandsOf(id)).map(([waiting]) => waiting),
      [3, 0],
    )
  })

  it('S2 shows the stock that is left on the cached page after each fill', async () => {
    const { id } = await stockUp(0)
    const page = async () => (await shop.ask('GET', `/api/v1/products/${id}`)).body
    assert.equal((await page()).stock_policy, 'backorder')
    await shop.sell(id, 2)
    await receive(id, 5)
    assert.equal((await page()).stock, 3)
    await must('PUT', `/products/${id}`, { stock_policy: 'make_to_order' })
    assert.equal((await page()).stock_policy, 'make_to_order')
    const list = await must('GET', `/products?stock_policy=make_to_order&limit=100`)
    assert.ok(list.data.some((each: Product) => each.id === id))
    const others = await must('GET', `/products?stock_policy=backorder&limit=100`)
    assert.ok(others.data.every((each: Product) => each.id !== id && each.stock_policy === 'backorder'))
  })

  it('S7 says that a stock is low of what is bought in, never of what is made to order, and once', async () => {
    const levels = async (id: string) => (await shop.eventsOf(`product_stock/${id}`)).map(({ type }) => type)
    const bought = await stockUp(3, { low_stock_at: 2 })
    const made = await stockUp(3, { low_stock_at: 2, stock_policy: 'make_to_order' })
    for (const { id } of [bought, made]) {
      await shop.sell(id, 5)
      await receive(id, 2)
      await receive(id, 1)
    }
    assert.deepEqual(await levels(bought.id), ['product.stock_low'])
    assert.deepEqual(await levels(made.id), [])
    await must('PUT', `/products/${bought.id}`, { stock_policy: 'make_to_order' })
    assert.deepEqual(await levels(bought.id), ['product.stock_low', 'product.stock_recovered'])
  })

  it('S5 the end of its hold frees what an unpaid order had and waited for', async () => {
    const { id } = await stockUp(2)
    const unpaid = await shop.sell(id, 3)
    const paid = await shop.sell(id, 2)
    await must('PUT', `/transactions/${paid.id}/status`, { status: 'paid' })
    shop.clock.advance(61 * MINUTE_MS)
    await eventually(
      async () =>
        await shop.db.selectFrom('orders').selectAll().where('id', '=', unpaid.id).executeTakeFirstOrThrow(),
      ({ status }) => status === 'cancelled',
    )
    const lines = await shop.db
      .selectFrom('order_lines')
      .select(['order_id', 'waiting'])
      .where('product_id', '=', id)
      .orderBy('order_id')
      .execute()
    assert.deepEqual(lines, [
      { order_id: unpaid.id, waiting: 0 },
      { order_id: paid.id, waiting: 0 },
    ])
    assert.deepEqual(
      (await demandsOf(id)).map(([waiting]) => waiting),
      [1, 3, 0],
    )
  })
})
