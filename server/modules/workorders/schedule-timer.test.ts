import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { addDays, createBusinessDays } from '#platform/business-days'
import type { Clock } from '#platform/clock'
import { createOutbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { createScheduleTimer } from './schedule-timer.ts'
import { startTestFloor, type TestFloor } from './test-floor.ts'

const BASE = '/api/v1/workorders/schedules'
const DAY_MS = 86_400_000
const SCHEDULE = {
  name: 'Roti',
  rule: { frequency: 'daily' },
  product_name: 'Roti',
  quantity: 40,
  lead_days: 1,
}
const environment = { ACCESS_TOKEN_TTL: '99d' }
const businessDays = createBusinessDays('Asia/Jakarta')

onEach(engines, 'what schedules raise', (backend) => {
  let floor: TestFloor
  let token: string
  before(async () => {
    floor = await startTestFloor(backend, { environment })
    token = floor.manager.token
    // Everybody is known here once their events have come round.
    await floor.openOrder()
    await floor.openOrder({ operator_id: floor.stranger.id })
  })
  after(async () => await floor.stop())

  const today = () => businessDays.dayOf(floor.clock.now())
  const read = async (id: string) => (await floor.ask('GET', `${BASE}/${id}`, { token })).body
  const act = async (id: string, path: 'pause' | 'resume') =>
    (await floor.ask('POST', `${BASE}/${id}/${path}`, { token })).body
  const remove = async (id: string) => await floor.ask('DELETE', `${BASE}/${id}`, { token })
  const ordersOf = async (id: string) =>
    await floor.db
      .selectFrom('work_orders')
      .selectAll()
      .where('schedule_id', '=', id)
      .orderBy('schedule_day')
      .execute()
  const daysOf = async (id: string) => (await ordersOf(id)).map((order) => order.schedule_day)
  const timersOf = async (id: string) =>
    await floor.db.selectFrom('timers').select(['kind', 'due_at']).where('subject', '=', id).execute()

  async function create(fields: object = {}) {
    const body = { ...SCHEDULE, start: addDays(today(), 2), ...fields }
    const answer = await floor.ask('POST', BASE, { token, body })
    assert.equal(answer.status, 201, answer.text)
    return answer.body
  }
  async function passTo(day: string): Promise<void> {
    floor.clock.advance(businessDays.startOf(day).getTime() - floor.clock.now().getTime())
  }
  async function raised(id: string, days: readonly string[]): Promise<void> {
    await eventually(
      async () => await daysOf(id),
      (seen) => seen.length >= days.length,
    )
    assert.deepEqual(await daysOf(id), days)
  }

  it('raises an order at the beginning of its day, as its template says, and then waits for the next', async () => {
    const start = addDays(today(), 2)
    const schedule = await create({
      operator_id: floor.operator.id,
      operator_ids: [floor.stranger.id],
      priority: 'urgent',
      notes: 'Tanpa gula',
      allowance: 2,
    })
    assert.deepEqual(await timersOf(schedule.id), [
      { kind: 'work_schedule.raise', due_at: businessDays.startOf(start) },
    ])
    await passTo(start)
    await raised(schedule.id, [start])
    const [row] = await ordersOf(schedule.id)
    assert.ok(row && row.created_at >= businessDays.startOf(start))
    const order = await floor.read(row.id)
    const { origin, product_name: name, quantity, allowance, priority, notes, status } = order
    assert.deepEqual(
      { origin, name, quantity, allowance, priority, notes, status },
      {
        origin: 'schedule',
        name: 'Roti',
        quantity: 40,
        allowance: 2,
        priority: 'urgent',
        notes: 'Tanpa gula',
        status: 'pending',
      },
    )
    assert.deepEqual(
      [order.schedule_id, order.created_by, order.operator_id, order.operator_ids],
      [schedule.id, null, floor.operator.id, [floor.operator.id, floor.stranger.id]],
    )
    assert.equal(order.planned_start, businessDays.startOf(start).toISOString())
    const end = businessDays.startOf(addDays(start, 2)).getTime() - 1
    assert.equal(order.deadline, new Date(end).toISOString())
    assert.deepEqual(
      (await floor.eventsOf(`work_order/${order.id}`)).map(({ type }) => type),
      ['work_order.created'],
    )
    const after = await read(schedule.id)
    assert.deepEqual(after.last_raised, {
      day: start,
      work_order_id: order.id,
      without: { product_id: null, operator_ids: [] },
    })
    assert.deepEqual([after.version, after.next_days[0]], [2, addDays(start, 1)])
    const told = await floor.eventsOf(`work_schedule/${schedule.id}`)
    assert.deepEqual(told.at(-1), { type: 'work_schedule.updated', record_version: 2, data: after })
    await passTo(addDays(start, 1))
    await raised(schedule.id, [start, addDays(start, 1)])
    await remove(schedule.id)
  })

  it('raises today’s order at once, where today is a day of it, and none of the days before', async () => {
    const day = today()
    const { id } = await create({ start: addDays(day, -3) })
    await raised(id, [day])
    await remove(id)
  })

  it('raises after a standstill only the order of the latest day', async () => {
    const start = addDays(today(), 2)
    const { id } = await create({ rule: { frequency: 'daily', every: 3 }, start })
    // The days are start, 3, 6 and 9 days later.
    await passTo(addDays(start, 8))
    await raised(id, [addDays(start, 6)])
    assert.equal((await read(id)).next_days[0], addDays(start, 9))
    await passTo(addDays(start, 9))
    await raised(id, [addDays(start, 6), addDays(start, 9)])
    await remove(id)
  })

  it('ends with its last day', async () => {
    const start = addDays(today(), 2)
    const { id } = await create({ rule: { frequency: 'daily', count: 1 }, start })
    await passTo(start)
    await raised(id, [start])
    const { status, next_days: days } = await read(id)
    assert.deepEqual([status, days], ['ended', []])
    await eventually(
      async () => await timersOf(id),
      (timers) => timers.length === 0,
    )
  })

  it('raises nothing while it is paused, and from today on when it goes on', async () => {
    const start = addDays(today(), 2)
    const { id } = await create({ start })
    await passTo(start)
    await raised(id, [start])
    await act(id, 'pause')
    assert.deepEqual(await timersOf(id), [])
    const later = addDays(start, 4)
    await passTo(later)
    assert.equal((await act(id, 'resume')).next_days[0], later)
    await raised(id, [start, later])
    await act(id, 'pause')
    // Today's is there already.
    assert.equal((await act(id, 'resume')).next_days[0], addDays(later, 1))
    await remove(id)
    assert.deepEqual(await timersOf(id), [])
    assert.deepEqual(await daysOf(id), [start, later])
  })

  it('raises no second order for today under another rule', async () => {
    const day = today()
    const { id } = await create({ start: day })
    await raised(id, [day])
    const rule = { frequency: 'daily', every: 2 }
    const changed = await floor.ask('PUT', `${BASE}/${id}`, { token, body: { rule } })
    assert.equal(changed.body.next_days[0], addDays(day, 2))
    await remove(id)
  })

  it('raises the order without what is gone, and tells what that was', async () => {
    const { token: administrator } = floor.administrator
    const start = addDays(today(), 2)
    const category = await floor.ask('POST', '/api/v1/categories', {
      token: administrator,
      body: { name: `Kue ${backend.name}` },
    })
    const fields = { name: 'Bolu', price: 1, stock: 0, category_id: category.body.id }
    const product = await floor.ask('POST', '/api/v1/products', { token: administrator, body: fields })
    const leaving = await floor.enrol('operator')
    const body = {
      ...SCHEDULE,
      start,
      product_name: undefined,
      product_id: product.body.id,
      operator_id: leaving.id,
      operator_ids: [floor.operator.id, floor.stranger.id],
    }
    const made = await eventually(
      async () => await floor.ask('POST', BASE, { token, body }),
      ({ status }) => status === 201,
    )
    await floor.ask('DELETE', `/api/v1/products/${product.body.id}`, { token: administrator })
    await floor.ask('PATCH', `/api/v1/users/${leaving.id}`, {
      token: administrator,
      body: { disabled: true },
    })
    await eventually(
      async () => ({
        products: await floor.db
          .selectFrom('work_products')
          .select('deleted_at')
          .where('id', '=', product.body.id)
          .execute(),
        people: await floor.db
          .selectFrom('people')
          .select('disabled_at')
          .where('id', '=', leaving.id)
          .execute(),
      }),
      ({ products, people }) => products[0]?.deleted_at !== null && people[0]?.disabled_at !== null,
    )
    await passTo(start)
    await raised(made.body.id, [start])
    const [row] = await ordersOf(made.body.id)
    const order = await floor.read(row?.id ?? '')
    const rest = [floor.operator.id, floor.stranger.id]
    assert.deepEqual([order.product_id, order.product_name], [null, 'Bolu'])
    assert.deepEqual([order.operator_id, order.operator_ids], [rest[0], rest])
    const { without } = (await read(made.body.id)).last_raised
    assert.deepEqual(without, { product_id: product.body.id, operator_ids: [leaving.id] })
    await remove(made.body.id)
  })

  /** The timer's handler as one of many that have come to the same schedule. */
  function handlerAt(clock: Clock, keepTimer: () => Promise<void>) {
    const outbox = createOutbox({ ids: systemIds, clock, traceparent: () => null })
    const timers = { schedule: keepTimer, cancel: keepTimer }
    const { handle } = createScheduleTimer({
      db: floor.db,
      clock,
      ids: systemIds,
      outbox,
      timers,
      businessDays,
    })
    return async (subject: string) =>
      await handle({ subject, dueAt: clock.now(), attempt: 1, data: undefined }, async () => true)
  }

  it('leaves nothing where the last step fails', async () => {
    const { id, next_days: days } = await create()
    const later = new Date(floor.clock.now().getTime() + 5 * DAY_MS)
    const handle = handlerAt({ now: () => later }, async () => {
      throw new Error('the last step')
    })
    await assert.rejects(async () => await handle(id), /the last step/)
    assert.deepEqual(await daysOf(id), [])
    const { version, next_days: same } = await read(id)
    assert.deepEqual([version, same], [1, days])
    await remove(id)
  })

  it('raises one order a day, however many sweeps come to it at once', async () => {
    const day = today()
    const { id } = await create({ start: day })
    const handle = handlerAt(floor.clock, async () => {})
    await Promise.all(Array.from({ length: 8 }, async () => await handle(id)))
    assert.deepEqual(await daysOf(id), [day])
    assert.equal((await read(id)).version, 2)
    await remove(id)
  })
})
