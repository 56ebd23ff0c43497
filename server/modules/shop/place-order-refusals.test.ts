import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { NOBODYS_ID, startTestShop, type TestShop } from './test-shop.ts'

onEach(engines, 'an order that is refused', (backend) => {
  let shop: TestShop
  before(async () => {
    shop = await startTestShop(backend)
  })
  after(async () => await shop.stop())

  it('S4 merges lines of the same product, in either spelling', async () => {
    const { id } = await shop.stockUp({ stock: 10, price: 100 })
    const { status, body } = await shop.order(
      [
        { id, qty: 2 },
        { product_id: id, quantity: 3 },
      ],
      { total: 500 },
    )
    assert.deepEqual([status, body.products.length, body.products[0].quantity], [201, 1, 5])
    assert.equal(await shop.stockOf(id), 5)
  })

  it('S4 refuses lines that lack a field or contradict themselves, and points at them', async () => {
    const { id } = await shop.stockUp()
    const cases: [object, string][] = [
      [{ qty: 1 }, '/products/0/product_id'],
      [{ id }, '/products/0/quantity'],
      [{ id, product_id: NOBODYS_ID, qty: 1 }, '/products/0/product_id'],
      [{ id, qty: 1, quantity: 2 }, '/products/0/quantity'],
      ...[0, -1, 1.5, 2 ** 53, '3', null].map((qty): [object, string] => [{ id, qty }, '/products/0/qty']),
      [{ id, qty: 1, price: 1 }, '/products/0/price'],
    ]
    for (const [line, pointer] of cases) {
      const { status, body, text } = await shop.order([line])
      assert.equal(status, 400, text)
      assert.equal(body.errors[0].pointer, pointer, text)
    }
    assert.equal((await shop.order([])).status, 400)
    assert.equal((await shop.order(Array.from({ length: 101 }, () => ({ id, qty: 1 })))).status, 400)
    assert.equal(await shop.stockOf(id), 10)
  })

  it('S4 answers 404 for products that are unknown, hidden or deleted, and takes nothing', async () => {
    const there = await shop.stockUp()
    const hidden = await shop.stockUp({ active: false })
    const deleted = await shop.stockUp()
    await shop.ask('DELETE', `/api/v1/products/${deleted.id}`, { token: shop.administrator.token })
    for (const id of [NOBODYS_ID, hidden.id, deleted.id]) {
      for (const by of [shop.buyer, shop.administrator]) {
        const lines = [there.id, id].map((product_id) => ({ product_id, quantity: 1 }))
        const { status, body } = await shop.order(lines, { by })
        assert.deepEqual([status, body.code, body.product_ids], [404, 'product_not_found', [id]])
      }
    }
    assert.equal(await shop.stockOf(there.id), 10)
  })

  it('S4 refuses a total that differs, with the right one', async () => {
    const { id } = await shop.stockUp({ price: 15_000 })
    for (const total of [0, 44_999, 45_001]) {
      const { status, body } = await shop.order([{ id, qty: 3 }], { total })
      assert.deepEqual([status, body.code, body.total_price], [409, 'price_changed', 45_000])
    }
    assert.equal(await shop.stockOf(id), 10)
  })

  it('S4 says for each line that is short what is available', async () => {
    const [few, none, enough] = [
      await shop.stockUp({ stock: 2 }),
      await shop.stockUp({ stock: 0 }),
      await shop.stockUp({ stock: 3 }),
    ]
    const lines = [few, none, enough].map(({ id }) => ({ id, qty: 3 }))
    const { status, body } = await shop.order(lines)
    assert.deepEqual([status, body.code], [409, 'insufficient_stock'])
    assert.deepEqual(body.available, [
      { product_id: few.id, requested: 3, available: 2 },
      { product_id: none.id, requested: 3, available: 0 },
    ])
    assert.equal(await shop.stockOf(enough.id), 3)
  })

  it('S4 refuses a total beyond 2^53 - 1 and takes that very one', async () => {
    const dear = await shop.stockUp({ price: Number.MAX_SAFE_INTEGER, stock: 2 })
    const cheap = await shop.stockUp({ price: 1 })
    const twice = await shop.order([{ id: dear.id, qty: 2 }])
    const both = await shop.order([dear, cheap].map(({ id }) => ({ id, qty: 1 })))
    assert.deepEqual([twice.status, both.status], [400, 400])
    assert.deepEqual([twice.body.errors[0].code, both.body.errors[0].code], ['too_large', 'too_large'])
    assert.equal((await shop.sell(dear.id)).total_price, Number.MAX_SAFE_INTEGER)
  })

  it('S4 keeps name and price on the line when the product changes', async () => {
    const { id } = await shop.stockUp({ name: 'Lama', price: 10 })
    const order = await shop.sell(id)
    const body = { name: 'Baru', price: 20 }
    await shop.ask('PUT', `/api/v1/products/${id}`, { token: shop.administrator.token, body })
    const read = await shop.ask('GET', `/api/v1/transactions/${order.id}`, { token: shop.buyer.token })
    assert.deepEqual(read.body, order)
  })

  it('S4 takes no order from nobody', async () => {
    const { id } = await shop.stockUp()
    const body = { products: [{ id, qty: 1 }] }
    assert.equal((await shop.ask('POST', '/api/v1/transactions', { body })).status, 401)
    assert.equal(await shop.stockOf(id), 10)
  })
})
