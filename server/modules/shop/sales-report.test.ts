import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import type { Person } from '#tests/test-app'
import { startTestShop, type TestShop } from './test-shop.ts'

const PATH = '/api/v1/reports/sales'
const HOUR_MS = 3_600_000

onEach(engines, 'the sales report', (backend) => {
  let shop: TestShop
  /** Of a shop far ahead of its first order: the days on which the test trades. */
  let monday: string
  let tuesday: string
  let coffee: { id: string; category: string }
  let tea: { id: string; category: string }
  let seasonal: { id: string; category: string }
  let priceless: { id: string; category: string }
  before(async () => {
    shop = await startTestShop(backend)
    coffee = await product('=Kopi "Gayo", 1 kg', 30_000)
    tea = await product('Teh', 10_000)
    seasonal = await product('Musiman', 7)
    priceless = await product('Langka', Number.MAX_SAFE_INTEGER)
    await trade()
  })
  after(async () => await shop.stop())

  async function product(name: string, price: number) {
    const category = await shop.createCategory()
    const { id } = await shop.stockUp({ name, price, stock: 1_000, category_id: category })
    return { id, category }
  }

  async function token(): Promise<string> {
    // A token does not last as long as the clock is moved here.
    const { email, password } = shop.administrator
    const body = { email, password, token_delivery: 'body' }
    return (await shop.ask('POST', '/api/v1/auth/login', { body })).body.access_token
  }

  /** Two days in Jakarta, whose midnight is 17:00 UTC, and what is sold about the midnight between them. */
  async function trade(): Promise<void> {
    const now = shop.clock.now().getTime()
    const midnight = (Math.floor(now / (24 * HOUR_MS)) + 2) * 24 * HOUR_MS + 17 * HOUR_MS
    tuesday = new Date(midnight + 12 * HOUR_MS).toISOString().slice(0, 10)
    monday = new Date(midnight - 12 * HOUR_MS).toISOString().slice(0, 10)
    shop.clock.advance(midnight - 60_000 - now)
    const late = { ...shop.buyer, token: await token() }
    await sell([[coffee.id, 2]], late, 'paid')
    await sell(
      [
        [coffee.id, 1],
        [tea.id, 3],
      ],
      late,
      'shipped',
    )
    await sell([[tea.id, 50]], late, 'pending_payment')
    await sell([[tea.id, 60]], late, 'cancelled')
    shop.clock.advance(midnight - shop.clock.now().getTime())
    const early = { ...shop.buyer, token: await token() }
    await sell([[tea.id, 4]], early, 'completed')
    await sell([[tea.id, 5]], early, 'processing')
  }

  async function sell(lines: [string, number][], by: Person, status: string): Promise<void> {
    const { body, text } = await shop.order(
      lines.map(([id, qty]) => ({ id, qty })),
      { by },
    )
    assert.ok(body.id, text)
    if (status === 'cancelled') {
      const url = `/api/v1/transactions/${body.id}/cancel`
      assert.equal((await shop.ask('POST', url, { token: by.token, body: {} })).status, 200)
      return
    }
    const steps = ['pending_payment', 'paid', 'processing', 'shipped', 'completed']
    for (const step of steps.slice(1, steps.indexOf(status) + 1)) {
      const url = `/api/v1/transactions/${body.id}/status`
      const moved = await shop.ask('PUT', url, { token: by.token, body: { status: step } })
      assert.equal(moved.status, 200, moved.text)
    }
  }

  async function report(query: string, headers: Record<string, string> = {}) {
    return await shop.ask('GET', `${PATH}?${query}`, { token: await token(), headers })
  }

  it('S5 counts what was paid by the day of the business zone, as counted by hand', async () => {
    const { status, body, text } = await report(`from=${monday}&to=${tuesday}`)
    assert.equal(status, 200, text)
    assert.deepEqual(body, {
      from: monday,
      to: tuesday,
      zone: 'Asia/Jakarta',
      by: 'day',
      data: [
        // 2 × 30,000, and 1 × 30,000 with 3 × 10,000
        { day: monday, orders: 2, quantity: 6, revenue: 120_000 },
        // 4 × 10,000 and 5 × 10,000
        { day: tuesday, orders: 2, quantity: 9, revenue: 90_000 },
      ],
      totals: { orders: 4, quantity: 15, revenue: 210_000 },
    })
    const one = await report(`from=${tuesday}&to=${tuesday}`)
    assert.deepEqual(one.body.totals, { orders: 2, quantity: 9, revenue: 90_000 })
  })

  it('S5 counts the same by product and by category, the most revenue first', async () => {
    const days = `from=${monday}&to=${tuesday}`
    const byProduct = await report(`${days}&by=product`)
    assert.deepEqual(
      byProduct.body.data.map((row: { product_id: string; orders: number; revenue: number }) => [
        row.product_id,
        row.orders,
        row.revenue,
      ]),
      [
        [tea.id, 3, 120_000],
        [coffee.id, 2, 90_000],
      ],
    )
    assert.deepEqual(byProduct.body.totals, { orders: 4, quantity: 15, revenue: 210_000 })
    const byCategory = await report(`${days}&by=category`)
    assert.deepEqual(
      byCategory.body.data.map((row: { category_id: string; quantity: number }) => [
        row.category_id,
        row.quantity,
      ]),
      [
        [tea.category, 12],
        [coffee.category, 3],
      ],
    )
  })

  it('S5 shows days without sales, and without days of its own the last thirty', async () => {
    const { body } = await report('')
    assert.equal(body.data.length, 30)
    assert.equal(body.to, tuesday)
    assert.deepEqual(body.totals, { orders: 4, quantity: 15, revenue: 210_000 })
    const empty = await report('from=2020-02-27&to=2020-03-01')
    assert.deepEqual(
      empty.body.data.map(({ day }: { day: string }) => day),
      ['2020-02-27', '2020-02-28', '2020-02-29', '2020-03-01'],
    )
    assert.deepEqual(empty.body.totals, { orders: 0, quantity: 0, revenue: 0 })
  })

  it('S5 tells it as CSV to who asks for that, and no spreadsheet takes a name for a formula', async () => {
    const query = `from=${monday}&to=${tuesday}&by=product`
    for (const accept of ['text/csv', 'application/json;q=0.5, text/csv']) {
      const { status, headers, text } = await report(query, { accept })
      assert.equal(status, 200, text)
      assert.match(String(headers['content-type']), /^text\/csv; charset=utf-8/)
      assert.equal(
        headers['content-disposition'],
        `attachment; filename="sales-by-product-${monday}-${tuesday}.csv"`,
      )
      assert.equal(
        text,
        [
          'product_id,sku,name,orders,quantity,revenue',
          `${tea.id},,Teh,3,12,120000`,
          `${coffee.id},,"'=Kopi ""Gayo"", 1 kg",2,3,90000`,
          '',
        ].join('\r\n'),
      )
    }
    for (const accept of ['*/*', 'application/json', 'text/csv;q=0', 'text/csv;q=0.3, application/json']) {
      const { headers } = await report(query, { accept })
      assert.match(String(headers['content-type']), /^application\/json/, accept)
      assert.match(String(headers['vary']), /accept/i)
    }
  })

  it('S5 keeps the sales of a product that was deleted, and its orders as they were', async () => {
    const { id, category } = seasonal
    const caller = { token: await token() }
    const { body: placed } = await shop.order([{ id, qty: 2 }], { by: { ...shop.buyer, ...caller } })
    const url = `/api/v1/transactions/${placed.id}`
    const paid = await shop.ask('PUT', `${url}/status`, { ...caller, body: { status: 'paid' } })
    assert.equal(paid.status, 200, paid.text)
    assert.equal((await shop.ask('DELETE', `/api/v1/products/${id}`, caller)).status, 204)
    assert.equal((await shop.ask('GET', `/api/v1/products/${id}`)).status, 404)
    const { body } = await shop.ask('GET', url, caller)
    assert.deepEqual(body, paid.body)
    assert.equal(body.products[0].name, 'Musiman')
    const sold = await report('by=product')
    const row = sold.body.data.find((each: { product_id: string }) => each.product_id === id)
    assert.deepEqual([row.name, row.quantity, row.revenue], ['Musiman', 2, 14])
    const byCategory = await report('by=category')
    assert.ok(byCategory.body.data.some((each: { category_id: string }) => each.category_id === category))
    const cancelled = await shop.ask('POST', `${url}/cancel`, { ...caller, body: {} })
    assert.equal(cancelled.status, 200, cancelled.text)
    assert.equal(await shop.stockOf(id), 1_000)
  })

  it('C4 refuses days that are none, the wrong way round or too many, and groups that it does not know', async () => {
    for (const query of [
      'from=2026-02-30',
      'from=2026-1-1',
      'to=today',
      'to=1899-12-31',
      'from=2026-01-02&to=2026-01-01',
      'from=2025-01-01&to=2026-01-02',
      'by=hour',
      'limit=1',
    ]) {
      assert.equal((await report(query)).status, 400, query)
    }
    assert.equal((await report('from=2025-01-01&to=2026-01-01')).status, 200)
  })

  it('F11 shows it to admins, production managers and agents only', async () => {
    const administrator = { ...shop.administrator, token: await token() }
    const statuses: number[] = []
    for (const role of ['admin', 'production_manager', 'agent', 'operator', 'customer']) {
      const email = `${role}.${backend.engine}@karya.test`
      const password = 'correct horse battery'
      const body = { name: role, email, password, role }
      await shop.ask('POST', '/api/v1/auth/register', { token: administrator.token, body })
      const signedIn = await shop.ask('POST', '/api/v1/auth/login', {
        body: { email, password, token_delivery: 'body' },
      })
      statuses.push((await shop.ask('GET', PATH, { token: signedIn.body.access_token })).status)
    }
    assert.deepEqual(statuses, [200, 200, 200, 403, 403])
    assert.equal((await shop.ask('GET', PATH)).status, 401)
  })

  it('S5 C4 tells of more than an exact integer holds', async () => {
    shop.clock.advance(48 * HOUR_MS)
    const by = { ...shop.buyer, token: await token() }
    await sell([[priceless.id, 1]], by, 'paid')
    await sell([[priceless.id, 1]], by, 'paid')
    const day = new Date(shop.clock.now().getTime() + 7 * HOUR_MS).toISOString().slice(0, 10)
    for (const group of ['day', 'product', 'category']) {
      const { status, body, text } = await report(`from=${day}&by=${group}`)
      assert.equal(status, 200, text)
      assert.deepEqual(body.totals, { orders: 2, quantity: 2, revenue: 2 * Number.MAX_SAFE_INTEGER })
    }
  })
})
