import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { startTestShop, type TestShop } from './test-shop.ts'

const PATH = '/api/v1/shop/settings'

onEach(engines, 'the settings of the shop', (backend) => {
  let shop: TestShop
  before(async () => {
    shop = await startTestShop(backend)
  })
  after(async () => await shop.stop())

  const put = async (body: unknown, token = shop.administrator.token, headers: Record<string, string> = {}) =>
    await shop.ask('PUT', PATH, { token, body, headers })

  it('S4 has settings from the start, which ask nothing beyond the prices, and anybody may read them', async () => {
    const { status, body, headers } = await shop.ask('GET', PATH)
    assert.deepEqual([status, headers['etag']], [200, '"0"'])
    const { updated_at, ...rest } = body
    assert.ok(updated_at)
    assert.deepEqual(rest, {
      hold_minutes: 60,
      shipping_fee: 0,
      free_shipping_from: null,
      tax_rate_basis_points: 0,
      tax_inclusive: false,
      shop_name: null,
      shop_address: null,
      version: 0,
    })
  })

  it('F11 lets only an administrator change them', async () => {
    for (const role of ['production_manager', 'operator', 'agent', 'customer']) {
      const { status, body } = await put({ hold_minutes: 5 }, (await shop.enrol(role)).token)
      assert.deepEqual([status, body.code, body.permission], [403, 'missing_permission', 'settings:write'])
    }
    assert.equal((await shop.ask('PUT', PATH, { body: { hold_minutes: 5 } })).status, 401)
    assert.equal((await shop.ask('GET', PATH)).body.version, 0)
  })

  it('E1 C7 keeps what is not named, counts its versions, and each change has one event', async () => {
    const first = await put({ tax_rate_basis_points: 1_100, tax_inclusive: true, shop_name: 'Toko Karya' })
    assert.deepEqual([first.status, first.body.version, first.headers['etag']], [200, 1, '"1"'], first.text)
    const second = await put({
      shipping_fee: 9_000,
      free_shipping_from: 200_000,
      shop_address: 'Jl. Merdeka 1\nBandung',
    })
    assert.deepEqual(
      [second.body.version, second.body.tax_inclusive, second.body.shop_name],
      [2, true, 'Toko Karya'],
    )
    assert.deepEqual((await shop.ask('GET', PATH)).body, second.body)
    const stale = await put({ hold_minutes: 5 }, shop.administrator.token, { 'if-match': '"1"' })
    assert.deepEqual([stale.status, stale.body.current_version], [412, 2])
    const { id } = await shop.db.selectFrom('shop_settings').select('id').executeTakeFirstOrThrow()
    const events = await shop.eventsOf(`shop_settings/${id}`)
    assert.deepEqual(
      events.map(({ type, record_version }) => [type, record_version]),
      [1, 2].map((version) => ['shop_settings.updated', version]),
    )
    assert.deepEqual(events[1]?.data, second.body)
  })

  it('C4 refuses what makes no sense', async () => {
    const before = (await shop.ask('GET', PATH)).body
    for (const wrong of [
      {},
      { hold_minutes: 0 },
      { hold_minutes: 43_201 },
      { hold_minutes: null },
      { shipping_fee: -1 },
      { shipping_fee: 1.5 },
      { tax_rate_basis_points: 10_001 },
      { tax_inclusive: 'yes' },
      { shop_name: ' ' },
      { version: 7 },
    ]) {
      assert.equal((await put(wrong)).status, 400, JSON.stringify(wrong))
    }
    assert.deepEqual((await shop.ask('GET', PATH)).body, before)
  })

  it('C7 of changes at once none is lost', async () => {
    const { version } = (await shop.ask('GET', PATH)).body
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => await put({ hold_minutes: index + 10 })),
    )
    assert.deepEqual(
      answers.map(({ body }) => body.version).toSorted((a, b) => a - b),
      answers.map((_, index) => version + index + 1),
    )
  })
})
