import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import type { Person } from '#tests/test-app'
import { allowedTransitions, type OrderStatus, orderStatuses } from './lifecycle.ts'
import { NOBODYS_ID, startTestShop, type TestShop } from './test-shop.ts'

const ORDERS = '/api/v1/transactions'
const WAYS: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending_payment: [],
  paid: ['paid'],
  processing: ['paid', 'processing'],
  shipped: ['paid', 'processing', 'shipped'],
  completed: ['paid', 'processing', 'shipped', 'completed'],
  cancelled: ['cancelled'],
}

onEach(engines, 'orders', (backend) => {
  let shop: TestShop
  let agent: Person
  before(async () => {
    shop = await startTestShop(backend)
    agent = await shop.enrol('agent')
  })
  after(async () => await shop.stop())

  const setStatus = async (id: string, status: unknown, by = agent) =>
    await shop.ask('PUT', `${ORDERS}/${id}/status`, { token: by.token, body: { status } })
  const cancel = async (id: string, by: Person, reason?: string) =>
    await shop.ask('POST', `${ORDERS}/${id}/cancel`, {
      token: by.token,
      ...(reason === undefined ? {} : { body: { reason } }),
    })

  async function orderIn(status: OrderStatus, productId: string) {
    const order = await shop.sell(productId)
    for (const step of WAYS[status]) assert.equal((await setStatus(order.id, step)).status, 200)
    return order
  }

  it('S5 goes every allowed way and refuses every other, saying what is allowed', async () => {
    const { id: productId } = await shop.stockUp({ stock: 1_000 })
    for (const from of orderStatuses) {
      for (const to of orderStatuses) {
        const { id } = await orderIn(from, productId)
        const { status, body } = await setStatus(id, to)
        const allowed = allowedTransitions(from)
        if (allowed.includes(to)) assert.deepEqual([status, body.status], [200, to], `${from} → ${to}`)
        else {
          assert.deepEqual([status, body.code], [409, 'transition_not_allowed'], `${from} → ${to}`)
          assert.deepEqual(
            [body.status, body.order_status, body.wanted, body.allowed_transitions],
            [409, from, to, allowed],
          )
          assert.equal(body.detail, `A transaction that is ${from} cannot become ${to}.`)
        }
      }
    }
    const { id } = await shop.sell(productId)
    for (const wrong of ['Paid', '', null, 7]) assert.equal((await setStatus(id, wrong)).status, 400)
  })

  it('S5 lets only staff set a status', async () => {
    const { id: productId } = await shop.stockUp()
    const { id } = await shop.sell(productId)
    const others = await Promise.all(['production_manager', 'operator', 'customer'].map(shop.enrol))
    for (const person of [shop.buyer, ...others])
      assert.equal((await setStatus(id, 'paid', person)).status, 403)
    const nobody = await shop.ask('PUT', `${ORDERS}/${id}/status`, { body: { status: 'paid' } })
    assert.equal(nobody.status, 401)
    assert.equal((await setStatus(id, 'paid', shop.administrator)).status, 200)
  })

  it('S5 lets the owner cancel before payment only, and staff until it is shipped', async () => {
    const { id: productId } = await shop.stockUp({ stock: 100 })
    const answers: [OrderStatus, number, number][] = []
    for (const from of orderStatuses) {
      const owner = await cancel((await orderIn(from, productId)).id, shop.buyer)
      const staff = await cancel((await orderIn(from, productId)).id, agent)
      answers.push([from, owner.status, staff.status])
      if (from !== 'pending_payment') assert.deepEqual(owner.body.allowed_transitions, [])
    }
    assert.deepEqual(answers, [
      ['pending_payment', 200, 200],
      ['paid', 409, 200],
      ['processing', 409, 200],
      ['shipped', 409, 409],
      ['completed', 409, 409],
      ['cancelled', 409, 409],
    ])
  })

  it('S5 lets nobody cancel the order of another who may only see it', async () => {
    const { id: productId } = await shop.stockUp()
    const { id } = await shop.sell(productId)
    const manager = await shop.enrol('production_manager')
    const { status, body } = await cancel(id, manager)
    assert.deepEqual(
      [status, body.code, body.permission],
      [403, 'missing_permission', 'transactions:write_any'],
    )
    const seen = await shop.ask('GET', `${ORDERS}/${id}`, { token: manager.token })
    assert.deepEqual([seen.status, seen.body.status], [200, 'pending_payment'])
    assert.equal(await shop.stockOf(productId), 9)
    const own = await shop.sell(productId, 1, manager)
    assert.equal((await cancel(own.id, manager)).status, 200)
  })

  it('S5 gives the stock back once, however many cancel at once, and keeps the reason', async () => {
    const { id: productId } = await shop.stockUp()
    const { id } = await shop.sell(productId, 4)
    const answers = await Promise.all(
      [shop.buyer, agent, shop.buyer, agent].map((by) => cancel(id, by, 'Salah alamat')),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409])
    assert.equal(await shop.stockOf(productId), 10)
    assert.deepEqual(await shop.ledgerOf(productId), [
      { kind: 'receipt', quantity: 10 },
      { kind: 'sale', quantity: -4 },
      { kind: 'release', quantity: 4 },
    ])
    const { body } = await shop.ask('GET', `${ORDERS}/${id}`, { token: shop.buyer.token })
    assert.deepEqual([body.status, body.cancel_reason, body.version], ['cancelled', 'Salah alamat', 2])
  })

  it('S5 gives the stock back to a product that was deleted meanwhile', async () => {
    const { id: productId } = await shop.stockUp()
    const { id } = await shop.sell(productId, 3)
    await shop.ask('DELETE', `/api/v1/products/${productId}`, { token: shop.administrator.token })
    assert.equal((await cancel(id, shop.buyer)).status, 200)
    assert.equal(await shop.stockOf(productId), 10)
    assert.equal((await shop.ask('GET', `/api/v1/products/${productId}`)).status, 404)
  })

  it('S5 does not tell a stranger’s order from one that is missing', async () => {
    const { id: productId } = await shop.stockUp()
    const { id } = await shop.sell(productId)
    const stranger = await shop.enrol()
    const { token } = stranger
    const bodies = []
    for (const which of [id, NOBODYS_ID]) {
      const read = await shop.ask('GET', `${ORDERS}/${which}`, { token })
      const cancelled = await cancel(which, stranger)
      for (const { status, body } of [read, cancelled]) {
        assert.equal(status, 404)
        const { request_id, instance, ...rest } = body
        assert.ok(request_id && instance.includes(which))
        bodies.push(rest)
      }
    }
    for (const body of bodies) assert.deepEqual(body, bodies[0])
    assert.equal((await shop.ask('GET', `${ORDERS}/${id}`)).status, 401)
    assert.equal((await shop.ask('GET', `${ORDERS}/${id}`, { token: agent.token })).status, 200)
  })

  it('S5 lists one’s own orders, or everybody’s for staff, by status, newest first', async () => {
    const { id: productId } = await shop.stockUp()
    const [mine, other] = [await shop.enrol(), await shop.enrol()]
    const orders = []
    for (const by of [mine, other, mine, mine]) orders.push((await shop.sell(productId, 1, by)).id)
    const [first, theirs, second, third] = orders
    await setStatus(second ?? '', 'paid')
    const list = async (by: Person, query = '') =>
      (await shop.ask('GET', `${ORDERS}?limit=100${query}`, { token: by.token })).body.data.map(
        ({ id }: { id: string }) => id,
      )
    assert.deepEqual(await list(mine), [third, second, first])
    assert.deepEqual(await list(mine, '&sort=created_at'), [first, second, third])
    assert.deepEqual(await list(mine, '&status=paid'), [second])
    assert.deepEqual(await list(mine, `&user_id=${other.id}`), [third, second, first])
    assert.deepEqual(await list(agent, `&user_id=${other.id}`), [theirs])
    const all = await list(agent)
    assert.deepEqual(all.slice(0, 4), [third, second, theirs, first])
    const token = mine.token
    const page = (await shop.ask('GET', `${ORDERS}?page=2&limit=2`, { token })).body.page
    assert.deepEqual([page.number, page.total, page.total_pages], [2, 3, 2])
    for (const wrong of ['status=lost', 'total=1', 'limit=0', 'limit=101', 'page=0', 'cursor=x']) {
      assert.equal((await shop.ask('GET', `${ORDERS}?${wrong}`, { token })).status, 400, wrong)
    }
    assert.equal((await shop.ask('GET', ORDERS)).status, 401)
  })

  it('S5 takes a reason of text or none, and nothing else', async () => {
    const { id: productId } = await shop.stockUp()
    const { token } = shop.buyer
    const { id } = await shop.sell(productId)
    const ask = async (body: unknown) => await shop.ask('POST', `${ORDERS}/${id}/cancel`, { token, body })
    const cases: [unknown, string][] = [
      [{ reason: 7 }, '/reason'],
      [{ reason: 'x'.repeat(501) }, '/reason'],
      [{ why: 'x' }, '/why'],
    ]
    for (const [wrong, pointer] of cases) {
      const { status, body, text } = await ask(wrong)
      assert.equal(status, 400, text)
      assert.ok(
        body.errors.some((error: { pointer: string }) => error.pointer === pointer),
        text,
      )
    }
    assert.equal((await ask([])).status, 400)
    const { status, body } = await ask({ reason: null })
    assert.deepEqual([status, body.cancel_reason], [200, null])
  })

  it('C7 guards a status with If-Match', async () => {
    const { id: productId } = await shop.stockUp()
    const { id } = await shop.sell(productId)
    const put = async (tag: string) =>
      await shop.ask('PUT', `${ORDERS}/${id}/status`, {
        token: agent.token,
        body: { status: 'paid' },
        headers: { 'if-match': tag },
      })
    const stale = await put('"2"')
    assert.deepEqual([stale.status, stale.body.current_version], [412, 1])
    assert.equal((await put('"1"')).status, 200)
  })
})
