import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startTestFloor, type TestFloor } from './test-floor.ts'

const BASE = '/api/v1/workorders'
const NOBODY = '0190a000-0000-7000-8000-000000000000'
const DAY_MS = 86_400_000
const DEADLINE = '2030-01-15T09:00:00.000Z'
const ORDER = { product_name: 'Meja', quantity: 5, deadline: DEADLINE }
const businessDays = createBusinessDays('Asia/Jakarta')

onEach(engines, 'opening work orders', (backend) => {
  let floor: TestFloor
  let token: string
  before(async () => {
    floor = await startTestFloor(backend)
    token = floor.manager.token
    // Everybody is known here once their events have come round.
    await floor.openOrder()
    await floor.openOrder({ operator_id: floor.stranger.id })
  })
  after(async () => await floor.stop())

  const post = async (body: object, headers: Record<string, string> = {}) =>
    await floor.ask('POST', BASE, { token, body, headers })
  const numberOf = (text: string) => Number(text.split('-').at(-1))

  it('W1 answers 201 with a number of the day, pending, with its ETag and where it is', async () => {
    const answer = await post({
      ...ORDER,
      operator_id: floor.operator.id,
      operator_ids: [floor.stranger.id],
      priority: 'high',
      planned_start: '2030-01-10',
      notes: 'Jati',
      allowance: 2,
    })
    assert.equal(answer.status, 201, answer.text)
    const order = answer.body
    const day = businessDays.dayOf(floor.clock.now()).replaceAll('-', '')
    assert.match(order.number, new RegExp(String.raw`^WO-${day}-\d{3}$`))
    assert.equal(answer.headers['etag'], '"1"')
    assert.equal(answer.headers['location'], `${BASE}/${order.id}`)
    const { id, number, created_at: createdAt, updated_at: updatedAt, ...rest } = order
    assert.equal(createdAt, updatedAt)
    assert.deepEqual(rest, {
      origin: 'manual',
      product_id: null,
      product_name: 'Meja',
      quantity: 5,
      allowance: 2,
      produced: 0,
      scrap: 0,
      rework: 0,
      remaining: 5,
      progress: 0,
      status: 'pending',
      priority: 'high',
      operator_id: floor.operator.id,
      operator_ids: [floor.operator.id, floor.stranger.id],
      planned_start: '2030-01-09T17:00:00.000Z',
      deadline: DEADLINE,
      overdue: false,
      expected_at: DEADLINE,
      started_at: null,
      finished_at: null,
      hold: null,
      cancel_reason: null,
      notes: 'Jati',
      schedule_id: null,
      ticket_id: null,
      ticket_number: null,
      created_by: floor.manager.id,
      version: 1,
    })
    assert.deepEqual(await floor.read(id), order)
    const [created] = await floor.eventsOf(`work_order/${id}`)
    assert.deepEqual([created?.type, created?.data], ['work_order.created', { work_order_id: id, ...order }])
    assert.equal(number, order.number)
    const known = await floor.ask('GET', `${BASE}/${id}`, { token, headers: { 'if-none-match': '"1"' } })
    assert.equal(known.status, 304)
  })

  it('W1 C1 the short path is the same', async () => {
    const answer = await floor.ask('POST', '/workorders', {
      token,
      body: { ...ORDER, deadline: '2030-01-15' },
    })
    assert.equal(answer.status, 201, answer.text)
    assert.equal(answer.body.deadline, '2030-01-15T16:59:59.999Z')
    assert.equal((await floor.ask('GET', `/workorders/${answer.body.id}`, { token })).status, 200)
  })

  it('W1 is for production managers and administrators', async () => {
    for (const role of ['operator', 'agent', 'customer']) {
      const person = await floor.enrol(role)
      const answer = await floor.ask('POST', BASE, { token: person.token, body: ORDER })
      assert.deepEqual([answer.status, answer.body.code], [403, 'missing_permission'], role)
    }
    assert.equal((await floor.ask('POST', BASE, { body: ORDER })).status, 401)
    const answer = await floor.ask('POST', BASE, { token: floor.administrator.token, body: ORDER })
    assert.equal(answer.status, 201)
  })

  it('W1 gives numbers without gaps: what is refused takes none, and neither does a repeated request', async () => {
    const first = await post(ORDER)
    const refusals = [
      { quantity: 5, deadline: DEADLINE },
      { ...ORDER, product_id: NOBODY },
      { ...ORDER, operator_id: NOBODY },
      { ...ORDER, operator_ids: [floor.operator.id, NOBODY] },
      { ...ORDER, operator_id: floor.administrator.id, operator_ids: [NOBODY] },
      { ...ORDER, quantity: 0 },
      { ...ORDER, quantity: 1.5 },
      { ...ORDER, deadline: 'tomorrow' },
      { ...ORDER, deadline: '2030-02-30' },
      { ...ORDER, deadline: '2016-12-31T23:59:60Z' },
      { ...ORDER, deadline: '0001-01-01T00:00:00Z' },
      { ...ORDER, product_name: '  ' },
      { ...ORDER, status: 'completed' },
    ]
    const pointers = []
    for (const body of refusals) {
      const answer = await post(body)
      assert.equal(answer.status, 400, JSON.stringify(body))
      pointers.push(answer.body.errors[0].pointer)
    }
    assert.deepEqual(pointers, [
      '/product_name',
      '/product_id',
      '/operator_id',
      '/operator_ids/1',
      '/operator_ids/0',
      '/quantity',
      '/quantity',
      '/deadline',
      '/deadline',
      '/deadline',
      '/deadline',
      '/product_name',
      '/status',
    ])
    const headers = { 'idempotency-key': 'work-order-once' }
    const [once, again] = [await post(ORDER, headers), await post(ORDER, headers)]
    assert.equal(again.text, once.text)
    assert.equal(again.headers['idempotent-replayed'], 'true')
    assert.equal(numberOf(once.body.number), numberOf(first.body.number) + 1)
  })

  it('W1 many at once get as many numbers without a gap', async () => {
    const before = numberOf((await post(ORDER)).body.number)
    const answers = await Promise.all(Array.from({ length: 30 }, async () => await post(ORDER)))
    const numbers = answers.map(({ body }) => numberOf(body.number)).sort((a, b) => a - b)
    assert.deepEqual(
      numbers,
      Array.from({ length: 30 }, (_, index) => before + 1 + index),
    )
  })

  it('W1 refuses operators who are gone, disabled, or no operators', async () => {
    const customer = await floor.enrol('customer')
    const disabled = await floor.enrol('operator')
    await eventually(
      async () => await post({ ...ORDER, operator_id: disabled.id }),
      ({ status }) => status === 201,
    )
    const { token: administrator } = floor.administrator
    await floor.ask('PATCH', `/api/v1/users/${disabled.id}`, {
      token: administrator,
      body: { disabled: true },
    })
    for (const { id } of [customer, disabled]) {
      const answer = await eventually(
        async () => await post({ ...ORDER, operator_id: id }),
        ({ status }) => status === 400,
      )
      assert.equal(answer.body.errors[0].code, 'unknown_operator')
    }
  })

  it('W1 an order for a product of the shop has its name', async () => {
    const { token: administrator } = floor.administrator
    const category = await floor.ask('POST', '/api/v1/categories', {
      token: administrator,
      body: { name: 'Mebel' },
    })
    const fields = { name: 'Lemari', price: 1, stock: 0, category_id: category.body.id }
    const product = await floor.ask('POST', '/api/v1/products', { token: administrator, body: fields })
    const body = { product_id: product.body.id, quantity: 1, deadline: DEADLINE }
    const made = await eventually(
      async () => await post(body),
      ({ status }) => status === 201,
    )
    assert.deepEqual([made.body.product_id, made.body.product_name], [product.body.id, 'Lemari'])
    await floor.ask('DELETE', `/api/v1/products/${product.body.id}`, { token: administrator })
    const refused = await eventually(
      async () => await post(body),
      ({ status }) => status === 409,
    )
    assert.equal(refused.body.code, 'product_deleted')
  })

  it('W3 tells once that a deadline has passed while the order is open, and nothing of closed ones', async () => {
    const deadline = new Date(floor.clock.now().getTime() + DAY_MS).toISOString()
    const [open, closed, moved] = [
      await floor.openOrder({ deadline }),
      await floor.openOrder({ deadline }),
      await floor.openOrder({ deadline }),
    ]
    await floor.move(closed.id, { status: 'cancelled' })
    const later = await floor.ask('PUT', `${BASE}/${moved.id}`, { token, body: { deadline: DEADLINE } })
    assert.equal(later.status, 200, later.text)
    floor.clock.advance(DAY_MS)
    const signIn = await floor.ask('POST', '/api/v1/auth/login', {
      body: { email: floor.manager.email, password: floor.manager.password },
    })
    token = signIn.body.access_token
    const read = async (id: string) => (await floor.ask('GET', `${BASE}/${id}`, { token })).body
    const late = await eventually(
      async () => await read(open.id),
      ({ overdue }) => overdue,
    )
    assert.equal(late.version, 2)
    assert.deepEqual(
      (await floor.eventsOf(`work_order/${open.id}`)).map(({ type }) => type),
      ['work_order.created', 'work_order.overdue'],
    )
    assert.equal((await read(closed.id)).overdue, false)
    assert.equal((await read(moved.id)).overdue, false)
    const overdue = await floor.ask('GET', `${BASE}?overdue=true`, { token })
    assert.deepEqual(
      overdue.body.data.map(({ id }: { id: string }) => id),
      [open.id],
    )
    const again = await floor.ask('PUT', `${BASE}/${open.id}`, { token, body: { deadline: DEADLINE } })
    assert.deepEqual([again.body.overdue, again.body.deadline], [false, DEADLINE])
    assert.equal((await floor.ask('GET', `${BASE}?overdue=true`, { token })).body.data.length, 0)
  })
})
