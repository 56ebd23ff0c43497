import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { WorkOrder } from './schemas.ts'
import { NOBODY, startTestFloor, type TestFloor } from './test-floor.ts'

const BASE = '/api/v1/workorders'

onEach(engines, 'changing a work order', (backend) => {
  let floor: TestFloor
  let token: string
  before(async () => {
    floor = await startTestFloor(backend)
    token = floor.manager.token
    // The other operator is known here once the event of their registration has come round.
    await floor.openOrder({ operator_id: floor.stranger.id })
  })
  after(async () => await floor.stop())

  const put = async (id: string, body: object, headers: Record<string, string> = {}) =>
    await floor.ask('PUT', `${BASE}/${id}`, { token, body, headers })
  async function change(id: string, body: object): Promise<WorkOrder> {
    const answer = await put(id, body)
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }

  it('W2 is any detail, status and operator included, each with its event', async () => {
    const { id, ...order } = await floor.openOrder()
    const body = {
      product_name: 'Kursi rotan',
      quantity: 12,
      deadline: '2030-01-15T09:00:00Z',
      operator_id: floor.stranger.id,
      priority: 'urgent',
      planned_start: '2030-01-10T01:00:00Z',
      notes: 'Segera',
      allowance: 1,
      status: 'In Progress',
    }
    const changed = await change(id, body)
    const { started_at: startedAt, updated_at: updatedAt, ...rest } = changed
    assert.ok(startedAt)
    assert.equal(startedAt, updatedAt)
    const { started_at: _startedAt, updated_at: _updatedAt, ...before } = order
    assert.deepEqual(rest, {
      id,
      ...before,
      ...body,
      status: 'in_progress',
      deadline: '2030-01-15T09:00:00.000Z',
      planned_start: '2030-01-10T01:00:00.000Z',
      expected_at: '2030-01-15T09:00:00.000Z',
      operator_ids: [floor.stranger.id],
      remaining: 12,
      version: 3,
    })
    assert.deepEqual(
      (await floor.eventsOf(`work_order/${id}`)).map(({ type }) => type),
      ['work_order.created', 'work_order.updated', 'work_order.status_changed'],
    )
    const found = await floor.ask('GET', `${BASE}?q=ROTAN`, { token })
    assert.deepEqual(
      found.body.data.map((each: WorkOrder) => each.id),
      [id],
    )
    const cleared = await change(id, { operator_ids: [], planned_start: null, notes: null })
    assert.deepEqual(
      [cleared.operator_id, cleared.operator_ids, cleared.planned_start, cleared.notes],
      [null, [], null, null],
    )
  })

  it('W2 what is as it was is no change', async () => {
    const order = await floor.openOrder({ notes: 'Tetap', planned_start: '2030-01-10' })
    const { quantity, deadline, operator_id, operator_ids, planned_start, notes, status, priority } = order
    const same = { quantity, deadline, operator_id, operator_ids, planned_start, notes, status, priority }
    assert.deepEqual(await change(order.id, { ...same, product_name: order.product_name }), order)
    assert.equal((await floor.eventsOf(`work_order/${order.id}`)).length, 1)
  })

  it('W2 is for managers only', async () => {
    const { id } = await floor.openOrder()
    const [agent, customer] = [await floor.enrol('agent'), await floor.enrol('customer')]
    for (const by of [floor.operator, floor.stranger, agent, customer]) {
      const answer = await floor.ask('PUT', `${BASE}/${id}`, { token: by.token, body: { notes: 'Saya' } })
      assert.deepEqual([answer.status, answer.body.code], [403, 'missing_permission'])
    }
    assert.equal((await floor.ask('PUT', `${BASE}/${id}`, { body: {} })).status, 401)
    assert.equal((await put(NOBODY, {})).status, 404)
  })

  it('W2 C7 is guarded by the version that was read', async () => {
    const { id } = await floor.openOrder()
    const first = await put(id, { notes: 'Satu' }, { 'if-match': '"1"' })
    assert.deepEqual([first.status, first.headers['etag']], [200, '"2"'])
    const stale = await put(id, { notes: 'Dua' }, { 'if-match': '"1"' })
    assert.deepEqual([stale.status, stale.body.current_version], [412, 2])
    assert.equal((await floor.read(id)).notes, 'Satu')
    const answers = await Promise.all([
      put(id, { quantity: 20 }, { 'if-match': '"2"' }),
      put(id, { priority: 'low' }, { 'if-match': '"2"' }),
    ])
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 412])
  })

  it('W2 W5 never orders less than is made', async () => {
    const { id } = await floor.startWork({ quantity: 10, allowance: 3 })
    assert.equal((await floor.report(id, { quantity: 12 })).status, 201)
    for (const body of [{ quantity: 9 }, { quantity: 11, allowance: 0 }, { allowance: 1 }]) {
      const answer = await put(id, body)
      assert.deepEqual(
        [answer.status, answer.body.code],
        [409, 'quantity_below_output'],
        JSON.stringify(body),
      )
      assert.equal(answer.body.produced, 12)
    }
    assert.equal((await change(id, { quantity: 12, allowance: 0 })).progress, 100)
    assert.equal((await change(id, { quantity: 24 })).remaining, 12)
  })

  it('W2 W5 makes something else only until something was made', async () => {
    const order = await floor.startWork()
    assert.equal((await change(order.id, { product_name: 'Bangku' })).product_name, 'Bangku')
    assert.equal((await floor.report(order.id, { quantity: 1 })).status, 201)
    const answer = await put(order.id, { product_name: 'Meja' })
    assert.deepEqual([answer.status, answer.body.code], [409, 'product_fixed'])
    assert.equal(answer.body.product_name, 'Bangku')
  })

  it('W2 a closed order keeps all but its notes', async () => {
    const { id } = await floor.openOrder()
    await floor.move(id, { status: 'cancelled' })
    const changes = [
      { quantity: 1 },
      { operator_id: null },
      { notes: 'X', operator_ids: [] },
      { deadline: '2030-01-01' },
    ]
    for (const body of changes) {
      const answer = await put(id, body)
      assert.deepEqual([answer.status, answer.body.code], [409, 'work_order_closed'], JSON.stringify(body))
    }
    assert.equal((await change(id, { notes: 'Dibatalkan pelanggan' })).notes, 'Dibatalkan pelanggan')
    const reopened = await put(id, { status: 'pending' })
    assert.deepEqual([reopened.status, reopened.body.code], [409, 'invalid_transition'])
    assert.deepEqual(reopened.body.allowed_transitions, [])
  })

  it('W2 all of it or nothing: a status that is not allowed leaves the details as they were', async () => {
    const order = await floor.openOrder()
    const answer = await put(order.id, { quantity: 99, status: 'completed' })
    assert.deepEqual([answer.status, answer.body.code], [409, 'invalid_transition'])
    assert.deepEqual(await floor.read(order.id), order)
    const unknown = await put(order.id, { quantity: 99, operator_id: NOBODY })
    assert.deepEqual([unknown.status, unknown.body.errors[0].pointer], [400, '/operator_id'])
    assert.deepEqual(await floor.read(order.id), order)
  })

  it('W2 a product of the shop gives the name, and can be left', async () => {
    const { token: administrator } = floor.administrator
    const category = await floor.ask('POST', '/api/v1/categories', {
      token: administrator,
      body: { name: 'Mebel' },
    })
    const product = await floor.ask('POST', '/api/v1/products', {
      token: administrator,
      body: { name: 'Lemari', price: 1, stock: 0, category_id: category.body.id },
    })
    const { id } = await floor.openOrder()
    const given = await eventually(
      async () => await put(id, { product_id: product.body.id }),
      ({ status }) => status === 200,
    )
    assert.equal(given.body.product_name, 'Lemari')
    const renamed = await put(id, { product_name: 'Rak' })
    assert.deepEqual([renamed.status, renamed.body.errors[0].pointer], [400, '/product_name'])
    const left = await change(id, { product_id: null, product_name: 'Rak' })
    assert.deepEqual([left.product_id, left.product_name], [null, 'Rak'])
  })
})
