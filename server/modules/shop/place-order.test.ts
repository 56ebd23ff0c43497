import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { type Person, startTestApp, type TestApp } from '#tests/test-app'

onEach(engines, 'placing an order', (backend) => {
  let shop: TestApp
  let buyer: Person
  let categoryId: string

  before(async () => {
    shop = await startTestApp(backend)
    buyer = await shop.enrol()
    const { body } = await shop.ask('POST', '/api/v1/categories', {
      token: shop.administrator.token,
      body: { name: 'Kopi' },
    })
    categoryId = body.id
  })
  after(async () => await shop.stop())

  async function stockUp(stock: number, price = 15_000): Promise<string> {
    const { status, body, text } = await shop.ask('POST', '/api/v1/products', {
      token: shop.administrator.token,
      body: { name: 'Kopi Gayo', price, stock, category_id: categoryId },
    })
    assert.equal(status, 201, text)
    return body.id
  }

  async function order(products: readonly object[], rest: object = {}) {
    return await shop.ask('POST', '/api/v1/transactions', { token: buyer.token, body: { products, ...rest } })
  }

  it('S4 decides the prices, takes the stock and keeps names and prices on the lines', async () => {
    const product = await stockUp(10)
    const { status, body } = await order([{ id: product, qty: 3 }], { total_price: 45_000 })
    assert.equal(status, 201)
    assert.match(body.number, /^ORD-\d{8}-[0-9A-Z]{8}$/)
    assert.equal(body.total_price, 45_000)
    assert.deepEqual(body.products, [
      {
        product_id: product,
        sku: null,
        name: 'Kopi Gayo',
        price: 15_000,
        quantity: 3,
        subtotal: 45_000,
        waiting: 0,
        promised_on: null,
      },
    ])
    const { body: left } = await shop.ask('GET', `/api/v1/products/${product}`)
    assert.equal(left.stock, 7)
  })

  it('S4 sells exactly what is there to a hundred who order at once, and says what is left', async () => {
    const product = await stockUp(10)
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => order([{ product_id: product, quantity: 1 }])),
    )
    const sold = answers.filter(({ status }) => status === 201)
    const refused = answers.filter(({ status }) => status === 409)
    assert.deepEqual([sold.length, refused.length], [10, 90])
    for (const { body } of refused) {
      assert.equal(body.code, 'insufficient_stock')
      assert.equal(body.available.length, 1)
      assert.ok(body.available[0].available < 1)
    }
    const { sum } = await shop.db
      .selectFrom('stock_entries')
      .select((eb) => eb.fn.sum<number>('quantity').as('sum'))
      .where('product_id', '=', product)
      .executeTakeFirstOrThrow()
    const { stock } = await shop.db
      .selectFrom('products')
      .select('stock')
      .where('id', '=', product)
      .executeTakeFirstOrThrow()
    assert.deepEqual([sum, stock], [0, 0])
  })
})
