import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startTestShop, type TestShop } from './test-shop.ts'

const DAY_MS = 86_400_000

onEach(engines, 'what is promised of an order that is late', (backend) => {
  let shop: TestShop
  before(async () => {
    shop = await startTestShop(backend, { environment: { ACCESS_TOKEN_TTL: '30d' } })
  })
  after(async () => await shop.stop())

  it('S4 W1 nobody is promised a day that is gone', async () => {
    const { token } = shop.administrator
    const read = async (path: string) => (await shop.ask('GET', `/api/v1${path}`, { token })).body
    const put = async (path: string, body: object) => {
      const { status, text } = await shop.ask('PUT', `/api/v1${path}`, { token, body })
      assert.equal(status, 200, text)
    }
    const { id: product } = await shop.stockUp({ stock: 0, stock_policy: 'make_to_order' })
    const { id } = await shop.sell(product, 2)
    await put(`/transactions/${id}/status`, { status: 'paid' })
    const promisedOn = async () => (await read(`/transactions/${id}`)).products[0].promised_on
    const promised = await eventually(promisedOn, (day) => day !== null)

    shop.clock.advance(8 * DAY_MS)
    assert.equal(await eventually(promisedOn, (day) => day !== promised), null)
    const why = await read(`/transactions/${id}/why`)
    const [late] = why.lines[0].work_orders
    assert.deepEqual([why.promised_on, late.status, late.expected_at], [null, 'pending', null])

    const deadline = new Date(shop.clock.now().getTime() + 3 * DAY_MS).toISOString()
    await put(`/workorders/${late.id}`, { deadline })
    await eventually(promisedOn, (day) => day !== null && day > promised)
  })
})
