import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Person } from '#tests/test-app'
import { NOBODYS_ID, startTestShop, type TestShop } from './test-shop.ts'

const ORDERS = '/api/v1/transactions'
const ADDRESS = {
  recipient: 'Siti Aminah',
  phone: '+62 812 0000 1111',
  lines: ['Jl. Merdeka 1', 'RT 02 / RW 05'],
  city: 'Bandung',
  province: 'Jawa Barat',
  postal_code: '40111',
  country: 'Indonesia',
}

onEach(engines, 'what an order carries', (backend) => {
  let shop: TestShop
  let agent: Person
  let productId: string
  before(async () => {
    shop = await startTestShop(backend)
    agent = await shop.enrol('agent')
    productId = (await shop.stockUp({ price: 10_000, stock: 1_000 })).id
  })
  after(async () => await shop.stop())

  const order = async (fields: object, by = shop.buyer, qty = 1) =>
    await shop.ask('POST', ORDERS, {
      token: by.token,
      body: { products: [{ id: productId, qty }], ...fields },
    })
  async function set(settings: object): Promise<void> {
    const { token } = shop.administrator
    const answer = await shop.ask('PUT', '/api/v1/shop/settings', { token, body: settings })
    assert.equal(answer.status, 200, answer.text)
  }
  const people = async (id: string) =>
    await eventually(
      async () => (await shop.ask('GET', `/api/v1/people/${id}`, { token: agent.token })).status,
      (status) => status === 200,
    )

  it('S4 keeps the address, the phone and the note, and gives none where none were given', async () => {
    const { status, body, text } = await order({
      shipping_address: ADDRESS,
      phone: '0812',
      note: 'Titip di pos',
    })
    assert.equal(status, 201, text)
    assert.deepEqual([body.shipping_address, body.phone, body.note], [ADDRESS, '0812', 'Titip di pos'])
    const read = await shop.ask('GET', `${ORDERS}/${body.id}`, { token: shop.buyer.token })
    assert.deepEqual(read.body, body)
    const [event] = await shop.eventsOf(`order/${body.id}`)
    assert.deepEqual(event?.data, { order_id: body.id, ...body })
    const bare = (await order({})).body
    assert.deepEqual([bare.shipping_address, bare.phone, bare.note, bare.placed_by], [null, null, null, null])
    const short = (await order({ shipping_address: { recipient: 'S', lines: ['Jl. 1'], city: 'B' } })).body
    assert.deepEqual(short.shipping_address, {
      recipient: 'S',
      phone: null,
      lines: ['Jl. 1'],
      city: 'B',
      province: null,
      postal_code: null,
      country: null,
    })
  })

  it('C4 refuses an address that nobody could find', async () => {
    for (const [wrong, pointer] of [
      [{ ...ADDRESS, lines: [] }, '/shipping_address/lines'],
      [{ ...ADDRESS, lines: ['a', 'b', 'c', 'd', 'e'] }, '/shipping_address/lines'],
      [{ ...ADDRESS, recipient: ' ' }, '/shipping_address/recipient'],
      [{ ...ADDRESS, planet: 'Mars' }, '/shipping_address/planet'],
    ] as const) {
      const { status, body, text } = await order({ shipping_address: wrong })
      assert.equal(status, 400, text)
      assert.equal(body.errors[0].pointer, pointer, text)
    }
  })

  it('S4 adds tax and shipping as the settings say when it is placed, and tells the right total', async () => {
    await set({ tax_rate_basis_points: 1_100, shipping_fee: 9_000, free_shipping_from: 50_000 })
    const wrong = await order({ total_price: 20_000 }, shop.buyer, 2)
    assert.deepEqual(
      [wrong.status, wrong.body.code, wrong.body.total_price, wrong.body.tax_amount, wrong.body.shipping_fee],
      [409, 'price_changed', 31_200, 2_200, 9_000],
    )
    const { body } = await order({ total_price: 31_200 }, shop.buyer, 2)
    assert.deepEqual(
      [body.subtotal, body.tax_amount, body.tax_inclusive, body.shipping_fee, body.total_price],
      [20_000, 2_200, false, 9_000, 31_200],
    )
    const free = (await order({}, shop.buyer, 5)).body
    assert.deepEqual([free.shipping_fee, free.total_price], [0, 55_500])
    await set({ tax_inclusive: true })
    const inclusive = (await order({}, shop.buyer, 5)).body
    assert.deepEqual([inclusive.tax_amount, inclusive.total_price], [4_955, 50_000])
    await set({ tax_rate_basis_points: 0, shipping_fee: 0, free_shipping_from: null, tax_inclusive: false })
    const kept = await shop.ask('GET', `${ORDERS}/${body.id}`, { token: shop.buyer.token })
    assert.deepEqual(kept.body, body)
    assert.equal((await order({ total_price: 10_000 })).status, 201)
  })

  it('S4 F11 lets staff give a fee, and nobody else', async () => {
    const given = await order({ shipping_fee: 7_500, total_price: 17_500 }, agent)
    assert.deepEqual([given.status, given.body.total_price], [201, 17_500], given.text)
    const manager = await shop.enrol('production_manager')
    for (const by of [shop.buyer, manager]) {
      for (const fields of [{ shipping_fee: 0 }, { user_id: agent.id }, { customer: { name: 'Budi' } }]) {
        const { status, body } = await order(fields, by)
        assert.deepEqual([status, body.permission], [403, 'transactions:write_any'], JSON.stringify(fields))
      }
    }
    assert.equal((await order({ user_id: shop.buyer.id })).status, 201)
  })

  it('S5 an order that staff enter for somebody with an account is theirs', async () => {
    await people(shop.buyer.id)
    const { status, body, text } = await order({ user_id: shop.buyer.id }, agent)
    assert.equal(status, 201, text)
    assert.deepEqual(
      [body.user_id, body.user_email, body.placed_by, body.customer_name],
      [shop.buyer.id, shop.buyer.email, agent.id, 'A customer'],
    )
    const theirs = await shop.ask('GET', `${ORDERS}/${body.id}`, { token: shop.buyer.token })
    assert.deepEqual(theirs.body, body)
    const unknown = await order({ user_id: NOBODYS_ID }, agent)
    assert.deepEqual([unknown.status, unknown.body.code], [404, 'customer_not_found'])
  })

  it('C6 answers again for a customer who was there, and is not any more', async () => {
    const customer = await shop.enrol()
    await people(customer.id)
    const again = async () =>
      await shop.ask('POST', ORDERS, {
        token: agent.token,
        headers: { 'idempotency-key': `for-${customer.id}` },
        body: { products: [{ id: productId, qty: 1 }], user_id: customer.id },
      })
    const first = await again()
    assert.equal(first.status, 201, first.text)
    const { token } = shop.administrator
    const url = `/api/v1/users/${customer.id}`
    assert.equal((await shop.ask('PATCH', url, { token, body: { disabled: true } })).status, 200)
    await eventually(
      async () => (await order({ user_id: customer.id }, agent)).status,
      (status) => status === 404,
    )
    const second = await again()
    assert.deepEqual([second.status, second.text], [201, first.text])
    assert.equal(second.headers['idempotent-replayed'], 'true')
  })

  it('S5 an order for somebody without an account belongs to who entered it, and its mail goes to the customer', async () => {
    const customer = { name: 'Budi Santoso', email: 'budi@karya.test', phone: '0813' }
    const { status, body, text } = await order({ customer }, agent)
    assert.equal(status, 201, text)
    assert.deepEqual(
      [body.user_id, body.placed_by, body.user_email, body.customer_name, body.phone],
      [agent.id, agent.id, 'budi@karya.test', 'Budi Santoso', '0813'],
    )
    const walkIn = (await order({ customer: { name: 'Tamu' } }, agent)).body
    assert.deepEqual([walkIn.user_email, walkIn.customer_name], [agent.email, 'Tamu'])
    const both = await order({ customer, user_id: shop.buyer.id }, agent)
    assert.deepEqual([both.status, both.body.errors[0].pointer], [400, '/customer'])
    const stranger = await shop.ask('GET', `${ORDERS}/${body.id}`, { token: shop.buyer.token })
    assert.equal(stranger.status, 404)
  })
})
