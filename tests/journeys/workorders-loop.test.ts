import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import { engines, onEach, type Place } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type Person, startTestApp, type TestApp } from '#tests/test-app'
import {
  endState,
  findOrderId,
  findWorkOrderId,
  hasLedTo,
  type Step,
  story,
  type Workshop,
  type WorkshopTables,
} from '#tests/workshop-story'
import { check, KNOWN_LISTENERS } from '../support/checker/check.ts'

const DAY_MS = 86_400_000
const businessDays = createBusinessDays('Asia/Jakarta')

onEach(engines, 'from the orders to the shop floor and back', (backend) => {
  let place: Place
  let app: TestApp
  let workshop: Workshop
  let buyer: Person

  before(async () => {
    place = await backend.create()
    app = await startTestApp(
      { ...backend, create: async () => place },
      { environment: { ACCESS_TOKEN_TTL: '90d' } },
    )
    buyer = await app.enrol()
    const token = app.administrator.token
    // So that orders which are not paid yet still wait when days have passed.
    await must('PUT', '/shop/settings', { hold_minutes: 20_000 })
    const category = await must('POST', '/categories', { name: 'Mebel' })
    const fields = { name: 'Kursi', price: 250_000, stock: 0, category_id: category.id }
    const product = await must('POST', '/products', { ...fields, stock_policy: 'make_to_order' })
    workshop = {
      manager: token,
      buyer: buyer.token,
      productId: product.id,
      send: async (method, path, { token: by, body, key }) =>
        await app.ask(method, path, {
          token: by,
          ...(body === undefined ? {} : { body }),
          ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
        }),
    }
  })
  after(async () => {
    await app.stop()
  })

  async function must(method: string, path: string, body?: object, token = app.administrator.token) {
    const answer = await app.ask(method, `/api/v1${path}`, {
      token,
      ...(body === undefined ? {} : { body }),
    })
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
    return answer.body
  }

  const tables = () => app.db.withTables<WorkshopTables>()

  async function take(name: string): Promise<void> {
    const step = story.find((each) => each.name === name)
    assert.ok(step, name)
    await step.take(workshop)
    await settle(step)
  }

  /** Until the step has led to what it leads to and no event is left without its effect. */
  async function settle(step: Step): Promise<void> {
    await eventually(
      async () => await hasLedTo(tables(), step),
      (isSo) => isSo,
    )
    await eventually(
      async () => await leftToDo(),
      (left) => left === 0,
    )
  }

  async function leftToDo(): Promise<number> {
    const listening = KNOWN_LISTENERS.filter(({ name }) => /^(shop|workorders)\./.test(name))
    const events = await app.db.selectFrom('outbox').select(['id', 'type', 'position']).execute()
    const handled = await app.db
      .selectFrom('inbox')
      .select(['consumer', 'event_id'])
      .where('handled_at', 'is not', null)
      .execute()
    const done = new Set(handled.map(({ consumer, event_id }) => `${consumer} ${event_id}`))
    return events.filter(
      ({ id, type, position }) =>
        position === null ||
        listening.some(({ name, types }) => types.includes(type) && !done.has(`${name} ${id}`)),
    ).length
  }

  async function promises(): Promise<(string | null)[]> {
    const ids = await Promise.all(
      (['first', 'second', 'third'] as const).map(async (name) => await findOrderId(workshop, name)),
    )
    const orders = await Promise.all(ids.map(async (id) => await must('GET', `/transactions/${id}`)))
    return orders.map((order) => order.products[0].promised_on)
  }

  const workOrder = async () => await must('GET', `/workorders/${await findWorkOrderId(workshop)}`)

  async function why(name: 'first' | 'second' | 'third', token = buyer.token, language = 'en') {
    const id = await findOrderId(workshop, name)
    const answer = await app.ask('GET', `/api/v1/transactions/${id}/why`, {
      token,
      headers: { 'accept-language': language },
    })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.headers['etag'], undefined)
    return answer.body
  }

  /** The day on which the `unit`th of those that remain is expected, had they been made evenly from then on. */
  function dayOfUnit(unit: number, order: { remaining: number; expected_at: string; updated_at: string }) {
    const from = Date.parse(order.updated_at)
    const lasts = Date.parse(order.expected_at) - from
    return businessDays.dayOf(new Date(from + Math.ceil((lasts * unit) / order.remaining)))
  }

  it('W5 S4 S5 S7 makes what three orders lack in one work order, and says when each has it', async () => {
    for (const name of ['the first order', 'the second order', 'the third order']) await take(name)
    const made = await workOrder()
    assert.deepEqual([made.quantity, made.origin, made.status], [10, 'demand', 'pending'])
    assert.deepEqual(
      await promises(),
      [2, 5, 10].map((unit) => dayOfUnit(unit, made)),
    )
    const asked = await why('third')
    assert.deepEqual(asked.waits_for, ['payment', 'units'])
    const [line] = asked.lines
    assert.deepEqual([line.waiting, line.ahead, line.work_orders.length], [5, 5, 1])
    assert.deepEqual(line.work_orders[0].number, made.number)
    assert.match(asked.text, /has not been started yet/)
    assert.match((await why('third', buyer.token, 'id')).text, /belum dimulai/)

    await take('the start')
    app.clock.advance(2 * DAY_MS)
    await take('four good and one scrap')
    const going = await workOrder()
    assert.deepEqual([going.produced, going.scrap, going.remaining], [4, 1, 6])
    const inProgress = await promises()
    assert.deepEqual(inProgress, [null, dayOfUnit(1, going), dayOfUnit(6, going)])
    // Two days for four of them are three for the six that remain.
    assert.equal(
      inProgress[2],
      businessDays.dayOf(new Date(Date.parse(going.updated_at) + Math.round(3 * DAY_MS))),
    )

    await take('the hold')
    assert.deepEqual(await promises(), [null, null, null])
    const [held] = (await why('second')).lines
    assert.equal(held.work_orders[0].hold.reason, 'material')
    assert.equal(held.work_orders[0].hold.note, null, 'what staff note is for staff')
    assert.match(held.text, /is on hold: material is missing/)
    const [seen] = (await why('second', app.administrator.token)).lines
    assert.equal(seen.work_orders[0].hold.note, 'Kayu habis')

    app.clock.advance(4 * DAY_MS)
    await take('the end of the hold')
    const resumed = await workOrder()
    const later = await promises()
    assert.deepEqual(later, [null, dayOfUnit(1, resumed), dayOfUnit(6, resumed)])
    assert.ok((later[2] ?? '') > inProgress[2], 'the promise has moved by the hold')

    await take('the third order is cancelled')
    await take('the four are taken back')
    assert.deepEqual(
      (await promises()).slice(0, 2).map((day) => day !== null),
      [true, true],
    )
    await take('five good')
    assert.deepEqual(await promises(), [null, null, null])
    assert.deepEqual((await why('first')).lines, [])

    const end = await endState(tables(), workshop.productId)
    assert.deepEqual(end.workOrders, [
      { origin: 'demand', status: 'completed', quantity: 5, isOpenForDemand: false },
    ])
    assert.equal(end.stock, 0)
    assert.equal(
      end.ledger.reduce((sum, { quantity }) => sum + quantity, 0),
      0,
    )
    assert.equal(
      end.ledger.reduce((sum, { quantity, isProduction }) => sum + (isProduction ? quantity : 0), 0),
      5,
    )
    assert.deepEqual(end.demand, { waiting: 0, received: 5 })
    const violations = await check({ environment: place.environment, isSettled: false })
    assert.deepEqual(violations, [])
  })

  it('S5 tells nobody else why an order waits', async () => {
    const id = await findOrderId(workshop, 'first')
    const stranger = await app.enrol()
    const answer = await app.ask('GET', `/api/v1/transactions/${id}/why`, { token: stranger.token })
    assert.equal(answer.status, 404)
  })
})
