import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Person } from '#tests/test-app'
import { startTestShop, type TestShop } from './test-shop.ts'

const ORDERS = '/api/v1/transactions'
const MINUTE_MS = 60_000

onEach(engines, 'the hold of an order', (backend) => {
  let shop: TestShop
  let agent: Person
  /** One for each test, made before any clock is moved, which ends the administrator's token. */
  const products: string[] = []
  before(async () => {
    shop = await startTestShop(backend)
    agent = await shop.enrol('agent')
    for (let index = 0; index < 4; index += 1) products.push((await shop.stockUp({ price: 100 })).id)
  })
  after(async () => await shop.stop())

  function nextProduct(): string {
    const id = products.shift()
    assert.ok(id)
    return id
  }
  // Tokens end while the clock is moved, so rows are looked at instead.
  const rowOf = async (id: string) =>
    await shop.db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const cancelled = async (id: string) =>
    await eventually(
      async () => await rowOf(id),
      ({ status }) => status === 'cancelled',
    )
  const timersOf = async (id: string) =>
    await shop.db.selectFrom('timers').select('kind').where('subject', '=', id).execute()
  const noTimerLeft = async (id: string) =>
    await eventually(
      async () => await timersOf(id),
      (timers) => timers.length === 0,
    )
  const signIn = async ({ email, password }: Person) =>
    (
      await shop.ask('POST', '/api/v1/auth/login', {
        body: { email, password, token_delivery: 'body' },
      })
    ).body.access_token
  const hasMinutesLeft = async (id: string) => {
    const until = (await rowOf(id)).hold_until_at
    return until === null ? null : (until.getTime() - shop.clock.now().getTime()) / MINUTE_MS
  }
  async function pay(id: string, amount: number): Promise<string> {
    const answer = await shop.ask('POST', `${ORDERS}/${id}/payments`, {
      token: await signIn(shop.buyer),
      body: { method: 'transfer', amount },
    })
    assert.equal(answer.status, 201, answer.text)
    return answer.body.id
  }
  const decide = async (payment: string, how: 'confirm' | 'reject') => {
    const answer = await shop.ask('POST', `/api/v1/payments/${payment}/${how}`, {
      token: await signIn(agent),
    })
    assert.equal(answer.status, 200, answer.text)
  }
  async function sell(productId: string, quantity = 1) {
    const token = await signIn(shop.buyer)
    return await shop.sell(productId, quantity, { ...shop.buyer, token })
  }

  it('S5 an unpaid order is cancelled after its hold, gives its stock back once, and its event says why', async () => {
    const productId = nextProduct()
    const order = await sell(productId, 4)
    assert.equal(Date.parse(order.hold_until ?? '') - Date.parse(order.created_at), 60 * MINUTE_MS)
    shop.clock.advance(59 * MINUTE_MS)
    assert.equal((await rowOf(order.id)).status, 'pending_payment')
    shop.clock.advance(2 * MINUTE_MS)
    const row = await cancelled(order.id)
    assert.deepEqual([row.cancel_reason, row.version], ['hold_expired', 2])
    assert.equal(await shop.stockOf(productId), 10)
    assert.deepEqual(await shop.ledgerOf(productId), [
      { kind: 'receipt', quantity: 10 },
      { kind: 'sale', quantity: -4 },
      { kind: 'release', quantity: 4 },
    ])
    const events = await shop.eventsOf(`order/${order.id}`)
    assert.deepEqual(
      events.map(({ type, actor_id }) => [type, actor_id]),
      [
        ['order_created', shop.buyer.id],
        ['order_cancelled', null],
      ],
    )
    const { cancel_reason, previous_status, user_id } = events[1]?.data ?? {}
    assert.deepEqual(
      [cancel_reason, previous_status, user_id],
      ['hold_expired', 'pending_payment', shop.buyer.id],
    )
    await noTimerLeft(order.id)
    assert.doesNotMatch(shop.logged(), /a timer was completed too late/)
  })

  it('S5 an order that is paid or cancelled has no hold any more', async () => {
    const productId = nextProduct()
    const [paid, dropped] = [await sell(productId), await sell(productId)]
    const token = await signIn(agent)
    const body = { status: 'paid' }
    assert.equal((await shop.ask('PUT', `${ORDERS}/${paid.id}/status`, { token, body })).status, 200)
    assert.equal((await shop.ask('POST', `${ORDERS}/${dropped.id}/cancel`, { token })).status, 200)
    for (const { id } of [paid, dropped]) {
      assert.equal((await rowOf(id)).hold_until_at, null)
      assert.deepEqual(await timersOf(id), [])
    }
    const late = await sell(productId)
    shop.clock.advance(61 * MINUTE_MS)
    await cancelled(late.id)
    assert.equal((await rowOf(paid.id)).status, 'paid')
  })

  it('S5 is not cancelled while a payment waits, and is held anew when the last one was not enough', async () => {
    const productId = nextProduct()
    const [waits, rejected, part] = [await sell(productId), await sell(productId), await sell(productId)]
    const other = await sell(productId)
    await pay(waits.id, 100)
    const [first, second] = [await pay(rejected.id, 60), await pay(rejected.id, 40)]
    const half = await pay(part.id, 50)
    for (const { id } of [waits, rejected, part]) assert.deepEqual(await timersOf(id), [])
    shop.clock.advance(61 * MINUTE_MS)
    await cancelled(other.id)
    await decide(first, 'reject')
    assert.equal(await hasMinutesLeft(rejected.id), null)
    await decide(second, 'reject')
    await decide(half, 'confirm')
    for (const { id } of [rejected, part]) {
      const left = (await hasMinutesLeft(id)) ?? 0
      assert.ok(left > 59 && left <= 60, `${left} minutes`)
    }
    shop.clock.advance(61 * MINUTE_MS)
    await cancelled(rejected.id)
    assert.equal((await cancelled(part.id)).paid_minor, 50)
    assert.equal((await rowOf(waits.id)).status, 'pending_payment')
    assert.equal(await shop.stockOf(productId), 9)
  })

  it('S5 lasts as long as the settings said when it began', async () => {
    const productId = nextProduct()
    const long = await sell(productId)
    const body = { hold_minutes: 5 }
    const token = await signIn(shop.administrator)
    assert.equal((await shop.ask('PUT', '/api/v1/shop/settings', { token, body })).status, 200)
    const short = await sell(productId)
    shop.clock.advance(6 * MINUTE_MS)
    await cancelled(short.id)
    assert.equal((await rowOf(long.id)).status, 'pending_payment')
  })
})
