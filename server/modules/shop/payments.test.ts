import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import type { Person } from '#tests/test-app'
import { NOBODYS_ID, startTestShop, type TestShop } from './test-shop.ts'

const ORDERS = '/api/v1/transactions'
const PAYMENTS = '/api/v1/payments'

onEach(engines, 'payments', (backend) => {
  let shop: TestShop
  let agent: Person
  let productId: string
  before(async () => {
    shop = await startTestShop(backend)
    agent = await shop.enrol('agent')
    productId = (await shop.stockUp({ price: 100, stock: 1_000 })).id
  })
  after(async () => await shop.stop())

  const pay = async (orderId: string, amount: unknown, { by = shop.buyer, method = 'transfer' } = {}) =>
    await shop.ask('POST', `${ORDERS}/${orderId}/payments`, { token: by.token, body: { method, amount } })
  async function recorded(orderId: string, amount: number, method = 'transfer'): Promise<string> {
    const answer = await pay(orderId, amount, { method })
    assert.equal(answer.status, 201, answer.text)
    return answer.body.id
  }
  const confirm = async (id: string, by = agent) =>
    await shop.ask('POST', `${PAYMENTS}/${id}/confirm`, { token: by.token })
  const reject = async (id: string, by = agent, body?: object) =>
    await shop.ask('POST', `${PAYMENTS}/${id}/reject`, {
      token: by.token,
      ...(body === undefined ? {} : { body }),
    })
  const read = async (orderId: string) =>
    (await shop.ask('GET', `${ORDERS}/${orderId}`, { token: shop.buyer.token })).body
  const setStatus = async (id: string, status: string) =>
    await shop.ask('PUT', `${ORDERS}/${id}/status`, { token: agent.token, body: { status } })
  const typesOf = async (subject: string) => (await shop.eventsOf(subject)).map(({ type }) => type)

  it('S5 a confirmed payment of the whole total makes the order paid, and each record has its events', async () => {
    const order = await shop.sell(productId, 2)
    const answer = await shop.ask('POST', `${ORDERS}/${order.id}/payments`, {
      token: shop.buyer.token,
      body: { method: 'transfer', amount: 200, reference: 'BCA 1234', note: 'Dari Siti' },
    })
    assert.equal(answer.status, 201, answer.text)
    const { id, ...payment } = answer.body
    assert.deepEqual([answer.headers['location'], answer.headers['etag']], [`${PAYMENTS}/${id}`, '"1"'])
    assert.deepEqual(
      [payment.order_id, payment.state, payment.amount, payment.reference, payment.note, payment.recorded_by],
      [order.id, 'pending', 200, 'BCA 1234', 'Dari Siti', shop.buyer.id],
    )
    assert.equal((await read(order.id)).status, 'pending_payment')
    const confirmed = await confirm(id)
    assert.deepEqual(
      [confirmed.status, confirmed.body.state, confirmed.body.decided_by, confirmed.body.version],
      [200, 'confirmed', agent.id, 2],
    )
    const paid = await read(order.id)
    assert.deepEqual([paid.status, paid.amount_paid, paid.hold_until], ['paid', 200, null])
    assert.ok(paid.paid_at)
    assert.deepEqual(await typesOf(`payment/${id}`), ['payment.recorded', 'payment.confirmed'])
    assert.deepEqual(await typesOf(`order/${order.id}`), ['order_created', 'order_updated', 'order_paid'])
    const [last] = (await shop.eventsOf(`order/${order.id}`)).slice(-1)
    assert.deepEqual(last?.data, { order_id: order.id, previous_status: 'pending_payment', ...paid })
    const told = (await shop.eventsOf(`payment/${id}`)).at(-1)?.data
    assert.deepEqual(told, {
      payment_id: id,
      user_id: shop.buyer.id,
      number: order.number,
      ...confirmed.body,
    })
  })

  it('S5 payments in parts sum up, and the order is paid with the last of them', async () => {
    const { id } = await shop.sell(productId, 1)
    const parts = [await recorded(id, 30), await recorded(id, 30), await recorded(id, 40)]
    const seen: unknown[] = []
    for (const part of parts) {
      assert.equal((await confirm(part)).status, 200)
      const { status, amount_paid } = await read(id)
      seen.push([status, amount_paid])
    }
    assert.deepEqual(seen, [
      ['pending_payment', 30],
      ['pending_payment', 60],
      ['paid', 100],
    ])
    const list = await shop.ask('GET', `${ORDERS}/${id}/payments`, { token: shop.buyer.token })
    assert.deepEqual(
      list.body.data.map((payment: { id: string; state: string }) => [payment.id, payment.state]),
      parts.map((part) => [part, 'confirmed']),
    )
  })

  it('S5 takes no more than is owed, neither recorded nor confirmed, and says what is', async () => {
    const { id } = await shop.sell(productId, 1)
    const tooMuch = await pay(id, 101)
    const { status, body } = tooMuch
    assert.deepEqual(
      [status, body.code, body.amount, body.outstanding, body.total_price, body.amount_paid],
      [409, 'overpayment', 101, 100, 100, 0],
    )
    const [first, second] = [await recorded(id, 80), await recorded(id, 80)]
    const answers = await Promise.all([confirm(first), confirm(second)])
    assert.deepEqual(answers.map((answer) => answer.status).toSorted(), [200, 409])
    const refused = answers.find((answer) => answer.status === 409)?.body
    assert.deepEqual([refused.code, refused.outstanding, refused.amount_paid], ['overpayment', 20, 80])
    const order = await read(id)
    assert.deepEqual([order.status, order.amount_paid], ['pending_payment', 80])
  })

  it('S5 counts a payment once, however many confirm or reject it at once', async () => {
    const { id } = await shop.sell(productId, 1)
    const payment = await recorded(id, 100)
    const answers = await Promise.all([
      confirm(payment),
      reject(payment),
      confirm(payment, shop.administrator),
      reject(payment, shop.administrator),
    ])
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409, 409, 409])
    const refused = answers.find(({ status }) => status === 409)?.body
    assert.equal(refused.code, 'payment_decided')
    assert.ok(refused.decided_at)
    const decided = answers.find(({ status }) => status === 200)?.body
    assert.equal((await read(id)).amount_paid, decided.state === 'confirmed' ? 100 : 0)
    assert.equal((await typesOf(`payment/${payment}`)).length, 2)
  })

  it('S5 refuses a payment for a cancelled order, recorded or confirmed, with the facts', async () => {
    const { id } = await shop.sell(productId, 1)
    const early = await recorded(id, 40)
    const waiting = await recorded(id, 60)
    await confirm(early)
    const cancelled = await shop.ask('POST', `${ORDERS}/${id}/cancel`, {
      token: shop.buyer.token,
      body: { reason: 'Salah pesan' },
    })
    assert.equal(cancelled.status, 200)
    for (const answer of [await pay(id, 10), await confirm(waiting)]) {
      assert.equal(answer.status, 409, answer.text)
      const { code, order_status, cancel_reason, total_price, amount_paid } = answer.body
      assert.deepEqual([code, order_status], ['order_is_cancelled', 'cancelled'])
      assert.deepEqual([cancel_reason, total_price, amount_paid], ['Salah pesan', 100, 40])
    }
    assert.equal(
      (await reject(waiting, agent, { reason: 'Pesanan batal' })).body.reject_reason,
      'Pesanan batal',
    )
    assert.equal((await read(id)).status, 'cancelled')
  })

  it('S5 an order on delivery is processed before it is paid, and completed only after', async () => {
    const { id } = await shop.sell(productId, 1)
    assert.equal((await setStatus(id, 'processing')).status, 409)
    const half = await recorded(id, 50, 'cod')
    const { status, body } = await setStatus(id, 'processing')
    assert.deepEqual([status, body.allowed_transitions], [409, ['paid', 'cancelled']])
    const rest = await recorded(id, 50, 'cod')
    const processed = await setStatus(id, 'processing')
    assert.deepEqual([processed.status, processed.body.pays_on_delivery], [200, true], processed.text)
    assert.equal((await setStatus(id, 'shipped')).status, 200)
    const early = await setStatus(id, 'completed')
    assert.deepEqual([early.status, early.body.allowed_transitions], [409, []])
    await confirm(half)
    assert.equal((await setStatus(id, 'completed')).status, 409)
    await confirm(rest)
    const shipped = await read(id)
    assert.deepEqual([shipped.status, shipped.amount_paid], ['shipped', 100])
    assert.ok(shipped.paid_at)
    assert.equal((await setStatus(id, 'completed')).status, 200)
    assert.deepEqual(await typesOf(`order/${id}`), [
      'order_created',
      'order_updated',
      'order_processing',
      'order_shipped',
      'order_updated',
      'order_updated',
      'order_completed',
    ])
  })

  it('S5 F11 lets the owner and staff record, staff decide, and tells a stranger nothing', async () => {
    const { id } = await shop.sell(productId, 1)
    const payment = await recorded(id, 10)
    const stranger = await shop.enrol()
    const manager = await shop.enrol('production_manager')
    for (const by of [agent, shop.administrator]) assert.equal((await pay(id, 10, { by })).status, 201)
    assert.equal((await pay(id, 10, { by: manager })).status, 403)
    assert.equal((await pay(id, 10, { by: stranger })).body.code, 'order_not_found')
    assert.equal((await pay(NOBODYS_ID, 10)).body.code, 'order_not_found')
    const operator = await shop.enrol('operator')
    for (const by of [shop.buyer, stranger, manager, operator]) {
      for (const answer of [await confirm(payment, by), await reject(payment, by)]) {
        assert.deepEqual([answer.status, answer.body.permission], [403, 'transactions:confirm'])
      }
      const list = await shop.ask('GET', PAYMENTS, { token: by.token })
      assert.equal(list.status, 403)
    }
    const look = async (url: string, { token }: Person) => (await shop.ask('GET', url, { token })).status
    for (const url of [`${PAYMENTS}/${payment}`, `${ORDERS}/${id}/payments`]) {
      assert.deepEqual([await look(url, shop.buyer), await look(url, manager)], [200, 200], url)
      assert.equal(await look(url, stranger), 404, url)
      assert.equal((await shop.ask('GET', url)).status, 401, url)
    }
    for (const answer of [await confirm(NOBODYS_ID), await reject(NOBODYS_ID)])
      assert.deepEqual([answer.status, answer.body.code], [404, 'payment_not_found'])
    const waiting = await shop.ask('GET', `${PAYMENTS}?state=pending&limit=100`, { token: agent.token })
    assert.ok(waiting.body.data.some((each: { id: string }) => each.id === payment))
    assert.ok(waiting.body.data.every((each: { state: string }) => each.state === 'pending'))
  })

  it('C4 refuses what is no payment, and more of them than anybody needs', async () => {
    const { id } = await shop.sell(productId, 1)
    for (const amount of [0, -1, 1.5, '10', null, 2 ** 53]) assert.equal((await pay(id, amount)).status, 400)
    assert.equal((await pay(id, 10, { method: 'cash' })).status, 400)
    for (let index = 0; index < 20; index += 1) await recorded(id, 1)
    const { status, body } = await pay(id, 1)
    assert.deepEqual([status, body.code], [409, 'too_many_payments'])
  })

  it('C7 guards a decision with If-Match', async () => {
    const { id } = await shop.sell(productId, 1)
    const payment = await recorded(id, 100)
    const ask = async (tag: string) =>
      await shop.ask('POST', `${PAYMENTS}/${payment}/confirm`, {
        token: agent.token,
        headers: { 'if-match': tag },
      })
    assert.equal((await ask('"2"')).status, 412)
    assert.equal((await ask('"1"')).status, 200)
  })
})
