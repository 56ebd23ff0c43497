import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import type { Answer, Person } from '#tests/test-app'
import { NOBODYS_ID, startTestShop, type TestShop } from './test-shop.ts'

const DAY_MS = 86_400_000

type Entry = { kind: string; quantity: number; balance: number; created_at: string }

onEach(engines, 'stock moved by hand', (backend) => {
  let shop: TestShop
  let token: string
  before(async () => {
    shop = await startTestShop(backend)
    token = shop.administrator.token
  })
  after(async () => await shop.stop())

  const path = (id: string) => `/api/v1/products/${id}/stock`
  async function move(id: string, body: object, caller: { token?: string } = { token }): Promise<Answer> {
    return await shop.ask('POST', path(id), { ...caller, body: { reason: 'Hitung ulang', ...body } })
  }
  async function entriesOf(id: string, query = ''): Promise<Entry[]> {
    const { status, body, text } = await shop.ask('GET', `${path(id)}${query}`, { token })
    assert.equal(status, 200, text)
    return body.data
  }

  it('S7 receives, adjusts and scraps, with the reason in the ledger and in one event of each move', async () => {
    const { id } = await shop.stockUp({ stock: 10 })
    const made = await move(id, {
      kind: 'receipt',
      quantity: 5,
      reason: ' Kiriman pemasok ',
      reference: 'SJ-17',
    })
    assert.equal(made.status, 201, made.text)
    const { id: entryId, created_at: createdAt, ...entry } = made.body
    assert.match(entryId, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < DAY_MS)
    assert.deepEqual(entry, {
      product_id: id,
      kind: 'receipt',
      quantity: 5,
      balance: 15,
      reason: 'Kiriman pemasok',
      reference: 'SJ-17',
      order_id: null,
      work_order_id: null,
      actor_id: shop.administrator.id,
    })
    assert.equal((await move(id, { kind: 'adjustment', quantity: -3 })).body.balance, 12)
    const scrapped = await move(id, { kind: 'scrap', quantity: 2 })
    assert.deepEqual([scrapped.body.quantity, scrapped.body.balance], [-2, 10])
    assert.deepEqual(await shop.ledgerOf(id), [
      { kind: 'receipt', quantity: 10 },
      { kind: 'receipt', quantity: 5 },
      { kind: 'adjustment', quantity: -3 },
      { kind: 'scrap', quantity: -2 },
    ])
    const events = await shop.eventsOf(`product/${id}`)
    assert.deepEqual(
      events.map(({ type, record_version: version, data }) => [type, version, data.stock]),
      [
        ['product.created', 1, 10],
        ['product.stock_changed', 2, 15],
        ['product.stock_changed', 3, 12],
        ['product.stock_changed', 4, 10],
      ],
    )
    assert.deepEqual(events[1]?.data, {
      product_id: id,
      stock: 15,
      on_hand: 15,
      available: 15,
      quantity: 5,
      kind: 'receipt',
      order_id: null,
      reason: 'Kiriman pemasok',
    })
    const { body } = await shop.ask('GET', `/api/v1/products/${id}`)
    assert.deepEqual([body.stock, body.on_hand, body.available, body.version], [10, 10, 10, 4])
  })

  it('S7 takes no more than is there, says what is, and leaves nothing of it', async () => {
    const { id } = await shop.stockUp({ stock: 3 })
    for (const body of [
      { kind: 'scrap', quantity: 4 },
      { kind: 'adjustment', quantity: -4 },
    ]) {
      const answer = await move(id, body)
      assert.deepEqual([answer.status, answer.body.code], [409, 'insufficient_stock'], answer.text)
      assert.deepEqual(answer.body.available, [{ product_id: id, requested: 4, available: 3 }])
    }
    const filled = await move(id, { kind: 'receipt', quantity: 1_000_000_000 })
    assert.deepEqual([filled.status, filled.body.code], [409, 'stock_too_large'])
    assert.equal(await shop.stockOf(id), 3)
    assert.equal((await shop.ledgerOf(id)).length, 1)
    assert.equal((await shop.eventsOf(`product/${id}`)).length, 1)
    assert.equal((await move(id, { kind: 'scrap', quantity: 3 })).status, 201)
    assert.equal(await shop.stockOf(id), 0)
  })

  it('C4 refuses moves that are none, of the wrong sign, without a reason, or of what nobody moves by hand', async () => {
    const { id } = await shop.stockUp()
    const wrong: [object, string][] = [
      [{ kind: 'receipt', quantity: 0 }, '/quantity'],
      [{ kind: 'receipt', quantity: -1 }, '/quantity'],
      [{ kind: 'scrap', quantity: -1 }, '/quantity'],
      [{ kind: 'adjustment', quantity: 0 }, '/quantity'],
      [{ kind: 'adjustment', quantity: 1.5 }, '/quantity'],
      [{ kind: 'receipt', quantity: 1_000_000_001 }, '/quantity'],
      [{ kind: 'sale', quantity: 1 }, '/kind'],
      [{ kind: 'production', quantity: 1 }, '/kind'],
      [{ quantity: 1 }, '/kind'],
      [{ kind: 'receipt', quantity: 1, reason: ' ' }, '/reason'],
      [{ kind: 'receipt', quantity: 1, reason: 'x'.repeat(501) }, '/reason'],
      [{ kind: 'receipt', quantity: 1, reason: undefined }, '/reason'],
      [{ kind: 'receipt', quantity: 1, reference: '' }, '/reference'],
    ]
    for (const [body, pointer] of wrong) {
      const answer = await move(id, body)
      assert.equal(answer.status, 400, JSON.stringify(body))
      assert.equal(answer.body.errors[0].pointer, pointer, JSON.stringify(body))
    }
    for (const nobody of [NOBODYS_ID, 'x']) {
      assert.equal((await move(nobody, { kind: 'receipt', quantity: 1 })).status, 404)
      assert.equal((await shop.ask('GET', path(nobody), { token })).status, 404)
    }
    assert.equal((await shop.ledgerOf(id)).length, 1)
  })

  it('F11 lets production managers and admins move stock, agents only read the ledger, and nobody else either', async () => {
    const { id } = await shop.stockUp()
    const roles = ['admin', 'production_manager', 'agent', 'operator', 'customer']
    const people: (Person | Record<string, never>)[] = [...(await Promise.all(roles.map(shop.enrol))), {}]
    const statuses: number[][] = []
    for (const caller of people) {
      const read = await shop.ask('GET', path(id), caller)
      statuses.push([(await move(id, { kind: 'receipt', quantity: 1 }, caller)).status, read.status])
    }
    assert.deepEqual(statuses, [
      [201, 200],
      [201, 200],
      [403, 200],
      [403, 403],
      [403, 403],
      [401, 401],
    ])
  })

  it('C7 moves only the version that If-Match names', async () => {
    const { id } = await shop.stockUp()
    const ask = async (tag: string) =>
      await shop.ask('POST', path(id), {
        token,
        body: { kind: 'receipt', quantity: 1, reason: 'x' },
        headers: { 'if-match': tag },
      })
    assert.equal((await ask('"2"')).status, 412)
    assert.equal((await ask('"1"')).status, 201)
    assert.equal((await ask('"1"')).status, 412)
  })

  it('S7 lists the ledger latest first, a page at a time, by kind and by day of the business zone', async () => {
    const { id } = await shop.stockUp({ stock: 1 })
    for (let index = 0; index < 3; index += 1) await move(id, { kind: 'receipt', quantity: 10 })
    await move(id, { kind: 'scrap', quantity: 4 })
    await shop.sell(id, 2)
    const all = await entriesOf(id)
    assert.deepEqual(
      all.map(({ kind, quantity, balance }) => [kind, quantity, balance]),
      [
        ['sale', -2, 25],
        ['scrap', -4, 27],
        ['receipt', 10, 31],
        ['receipt', 10, 21],
        ['receipt', 10, 11],
        ['receipt', 1, 1],
      ],
    )
    assert.deepEqual(await entriesOf(id, '?sort=created_at'), all.toReversed())
    assert.equal((await entriesOf(id, '?kind=receipt')).length, 4)
    const first = await shop.ask('GET', `${path(id)}?limit=4`, { token })
    const rest = await shop.ask('GET', `${path(id)}?limit=4&cursor=${first.body.page.next_cursor}`, { token })
    assert.deepEqual([...first.body.data, ...rest.body.data], all)
    assert.equal(rest.body.page.has_more, false)
    const { body } = await shop.ask('GET', `${path(id)}?page=2&limit=4`, { token })
    assert.deepEqual([body.page.number, body.page.total, body.page.total_pages], [2, 6, 2])

    // Two entries about midnight in Jakarta, which is 17:00 UTC.
    const [last, secondLast] = [new Date('2026-03-04T17:00:00.000Z'), new Date('2026-03-04T16:59:59.999Z')]
    const ids = await shop.db.selectFrom('stock_entries').select('id').where('product_id', '=', id).execute()
    for (const [index, at] of [last, secondLast].entries()) {
      const entryId = ids[index]?.id ?? ''
      await shop.db.updateTable('stock_entries').set({ created_at: at }).where('id', '=', entryId).execute()
    }
    const on = async (query: string) => (await entriesOf(id, query)).map((entry) => entry.created_at)
    assert.deepEqual(await on('?from=2026-03-05&to=2026-03-05'), [last.toISOString()])
    assert.deepEqual(await on('?from=2026-03-04&to=2026-03-04'), [secondLast.toISOString()])
    assert.deepEqual(await on('?to=2026-03-05'), [last.toISOString(), secondLast.toISOString()])
    assert.equal((await on('?from=2026-03-06')).length, 4)
    for (const query of ['?from=2026-02-30', '?from=yesterday', '?kind=gift', '?to=9999-12-31', '?q=1'])
      assert.equal((await shop.ask('GET', `${path(id)}${query}`, { token })).status, 400, query)
  })

  it('S7 keeps the ledger of a product that was deleted, and lets nobody move its stock', async () => {
    const { id } = await shop.stockUp()
    assert.equal((await shop.ask('DELETE', `/api/v1/products/${id}`, { token })).status, 204)
    assert.equal((await entriesOf(id)).length, 1)
    assert.equal((await move(id, { kind: 'receipt', quantity: 1 })).status, 404)
  })

  it('S7 loses none of sixteen moves at once, nor of moves and orders at once', async () => {
    const { id } = await shop.stockUp({ stock: 100 })
    const moves = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        move(id, { kind: 'adjustment', quantity: index % 2 === 0 ? 3 : -1 }),
      ),
    )
    assert.deepEqual(new Set(moves.map(({ status }) => status)), new Set([201]))
    assert.equal(await shop.stockOf(id), 100 + 8 * 3 - 8)
    const balances = new Set(moves.map(({ body }) => body.balance))
    assert.equal(balances.size >= 8, true)

    const { id: scarce } = await shop.stockUp({ stock: 5 })
    const answers = await Promise.all(
      Array.from({ length: 16 }, async (_, index) =>
        index % 2 === 0
          ? await move(scarce, { kind: 'scrap', quantity: 1 })
          : await shop.order([{ id: scarce, qty: 1 }]),
      ),
    )
    const statuses = answers.map(({ status }) => status).toSorted()
    assert.deepEqual(statuses, [...Array(5).fill(201), ...Array(11).fill(409)])
    assert.equal(await shop.stockOf(scarce), 0)
    const sum = (await shop.ledgerOf(scarce)).reduce((total, { quantity }) => total + quantity, 0)
    assert.equal(sum, 0)
    const versions = (await shop.eventsOf(`product/${scarce}`)).map((event) => event.record_version)
    assert.deepEqual(versions, [1, 2, 3, 4, 5, 6])
  })
})

onEach(engines, 'a stock that is low', (backend) => {
  let shop: TestShop
  let token: string
  before(async () => {
    shop = await startTestShop(backend)
    token = shop.administrator.token
  })
  after(async () => await shop.stop())

  async function change(id: string, body: object): Promise<void> {
    const { status, text } = await shop.ask('PUT', `/api/v1/products/${id}`, { token, body })
    assert.equal(status, 200, text)
  }
  async function move(id: string, kind: string, quantity: number): Promise<void> {
    const body = { kind, quantity, reason: 'x' }
    const { status, text } = await shop.ask('POST', `/api/v1/products/${id}/stock`, { token, body })
    assert.equal(status, 201, text)
  }
  async function told(id: string): Promise<[string, number][]> {
    const events = await shop.eventsOf(`product_stock/${id}`)
    return events.map(({ type, data }) => [type, data.on_hand])
  }

  it('S7 is told of once for each crossing, whoever crosses: orders, moves, counts and cancellations', async () => {
    const { id } = await shop.stockUp({ stock: 10 })
    await change(id, { low_stock_at: 5 })
    assert.deepEqual(await told(id), [])
    await shop.sell(id, 4)
    assert.deepEqual(await told(id), [])
    const order = await shop.sell(id, 1)
    assert.deepEqual(await told(id), [['product.stock_low', 5]])
    await shop.sell(id, 1)
    await move(id, 'scrap', 1)
    await move(id, 'receipt', 2)
    assert.equal((await told(id)).length, 1)
    const cancelled = await shop.ask('POST', `/api/v1/transactions/${order.id}/cancel`, { token, body: {} })
    assert.equal(cancelled.status, 200, cancelled.text)
    await change(id, { stock: 2 })
    await change(id, { stock: 1, name: 'Lain' })
    await move(id, 'receipt', 9)
    assert.deepEqual(await told(id), [
      ['product.stock_low', 5],
      ['product.stock_recovered', 6],
      ['product.stock_low', 2],
      ['product.stock_recovered', 10],
    ])
    const [first] = await shop.eventsOf(`product_stock/${id}`)
    assert.deepEqual(first?.data, {
      product_id: id,
      name: 'Kopi Gayo',
      sku: null,
      on_hand: 5,
      available: 5,
      low_stock_at: 5,
    })
  })

  it('S7 is told of when the level itself is crossed, and when a product begins low', async () => {
    const { id } = await shop.stockUp({ stock: 3 })
    await change(id, { low_stock_at: 3 })
    await change(id, { low_stock_at: 2 })
    await change(id, { low_stock_at: 0 })
    await shop.sell(id, 3)
    await change(id, { low_stock_at: null })
    assert.deepEqual(
      (await told(id)).map(([type]) => type.replace('product.stock_', '')),
      ['low', 'recovered', 'low', 'recovered'],
    )
    const made = await shop.ask('POST', '/api/v1/products', {
      token,
      body: { name: 'Sedikit', price: 1, stock: 1, low_stock_at: 1, category_id: shop.categoryId },
    })
    assert.equal(made.body.low_stock_at, 1)
    assert.deepEqual(await told(made.body.id), [['product.stock_low', 1]])
  })

  it('S7 is told of once when sixteen orders cross it at once', async () => {
    const { id } = await shop.stockUp({ stock: 20 })
    await change(id, { low_stock_at: 10 })
    await Promise.all(Array.from({ length: 16 }, async () => await shop.sell(id)))
    assert.deepEqual(await told(id), [['product.stock_low', 10]])
  })

  it('C4 refuses a level that is no quantity', async () => {
    const { id } = await shop.stockUp()
    for (const level of [-1, 1.5, '3', 1_000_000_001]) {
      const body = { low_stock_at: level }
      const answer = await shop.ask('PUT', `/api/v1/products/${id}`, { token, body })
      assert.deepEqual([answer.status, answer.body.errors[0].pointer], [400, '/low_stock_at'])
    }
  })
})
