import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import { systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { type EventEnvelope, toEnvelope } from '#platform/events/envelope'
import { createOutbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { createSupplyConsumers } from './supply-consumer.ts'
import { startTestShop, type TestShop } from './test-shop.ts'

const ORDERS = '/api/v1/transactions'
const INSTALLATION = systemIds.next()
const HOUR_MS = 3_600_000
const businessDays = createBusinessDays('Asia/Jakarta')

type Told = {
  readonly id: string
  readonly version: number
  readonly productId: string | null
  readonly type?: string
  readonly fields?: object
  readonly output?: {
    readonly kind: string
    readonly quantity: number
    readonly materials?: readonly object[]
  }
}

onEach(engines, 'what the shop hears of the shop floor', (backend) => {
  let shop: TestShop
  let consumers: ReturnType<typeof createSupplyConsumers>

  before(async () => {
    // The work orders are those that the test tells of.
    shop = await startTestShop(backend, { environment: { KARYA_MODULES: 'identity,shop' } })
    const nobody = async (): Promise<never> => await Promise.reject(new Error('no timer is changed here'))
    consumers = createSupplyConsumers({
      clock: shop.clock,
      ids: systemIds,
      outbox: createOutbox({ clock: shop.clock, ids: systemIds, traceparent: () => null }),
      timers: { schedule: nobody, cancel: nobody },
      businessDays,
    })
  })
  after(async () => await shop.stop())

  function workOrderEvent({ id, version, productId, type = 'updated', fields, output }: Told): EventEnvelope {
    const now = shop.clock.now()
    const data = {
      work_order_id: id,
      product_id: productId,
      number: `WO-20261121-${id.slice(-3)}`,
      origin: 'manual',
      status: 'in_progress',
      quantity: 100,
      produced: 0,
      deadline: new Date(now.getTime() + 100 * HOUR_MS).toISOString(),
      expected_at: new Date(now.getTime() + 100 * HOUR_MS).toISOString(),
      hold: null,
      something_new: true,
      ...fields,
      ...(output === undefined ? {} : { output: { entry_id: systemIds.next(), materials: [], ...output } }),
    }
    return toEnvelope(
      {
        id: systemIds.next(),
        type: `work_order.${type}`,
        subject: `work_order/${id}`,
        record_version: version,
        data: JSON.stringify(data),
        actor_id: null,
        traceparent: null,
        occurred_at: now,
        position: 1,
      },
      INSTALLATION,
    )
  }

  async function hear(told: Told): Promise<void> {
    const event = workOrderEvent(told)
    const [listener] = consumers
    await transaction(shop.app.database.db, systemCall, async (trx) => await listener?.handle(event, trx))
  }
  const make = async (id: string, version: number, productId: string, quantity: number) =>
    await hear({ id, version, productId, type: 'output_logged', output: { kind: 'good', quantity } })
  const use = async (id: string, version: number, component: string, quantity: number, kind = 'good') =>
    await hear({
      id,
      version,
      productId: null,
      type: 'output_logged',
      output: { kind, quantity: 1, materials: [{ product_id: component, quantity }] },
    })

  async function must(method: string, path: string, body?: object) {
    const { token } = shop.administrator
    const answer = await shop.ask(method, path, { token, ...(body === undefined ? {} : { body }) })
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
    return answer.body
  }
  const waitingOf = async (...orders: readonly { readonly id: string }[]): Promise<number[]> =>
    (await Promise.all(orders.map(async ({ id }) => await must('GET', `${ORDERS}/${id}`)))).map(
      (order) => order.products[0].waiting,
    )
  const promisedOf = async ({ id }: { readonly id: string }): Promise<string | null> =>
    (await must('GET', `${ORDERS}/${id}`)).products[0].promised_on
  const demandOf = async (id: string) => (await shop.eventsOf(`product_demand/${id}`)).at(-1)?.data
  const quantitiesOf = async (id: string): Promise<string[]> =>
    (await shop.ledgerOf(id)).map(({ kind, quantity }) => `${kind} ${quantity}`)
  const ordered = async () => await shop.stockUp({ stock: 0, stock_policy: 'make_to_order' })

  it('S7 puts what is made into the stock, with the work order in the ledger, and gives it to the oldest', async () => {
    const { id } = await ordered()
    const orders = [await shop.sell(id, 2), await shop.sell(id, 3)]
    const workOrder = systemIds.next()
    await make(workOrder, 2, id, 4)
    assert.deepEqual(await waitingOf(...orders), [0, 1])
    assert.deepEqual(await quantitiesOf(id), ['production 4', 'sale -2', 'sale -2'])
    const { data } = await must('GET', `/api/v1/products/${id}/stock?kind=production`)
    assert.deepEqual(
      data.map((entry: { work_order_id: string; balance: number }) => [entry.work_order_id, entry.balance]),
      [[workOrder, 4]],
    )
    const { waiting, received } = await demandOf(id)
    assert.deepEqual([waiting, received], [1, 4])
    await make(workOrder, 3, id, 3)
    assert.deepEqual(await waitingOf(...orders), [0, 0])
    assert.equal(await shop.stockOf(id), 2)
  })

  it('S7 counts what is made of a product that nobody waits for as well', async () => {
    const { id } = await shop.stockUp({ stock: 1 })
    await make(systemIds.next(), 2, id, 4)
    assert.equal(await shop.stockOf(id), 5)
    const { waiting, received, policy } = await demandOf(id)
    assert.deepEqual([waiting, received, policy], [0, 4, 'deny'])
  })

  it('S7 brings nothing in for scrap, rework and what is not sold here', async () => {
    const { id } = await ordered()
    const workOrder = systemIds.next()
    for (const [index, kind] of ['scrap', 'rework'].entries())
      await hear({ id: workOrder, version: index + 2, productId: id, output: { kind, quantity: 3 } })
    await hear({ id: workOrder, version: 4, productId: null, output: { kind: 'good', quantity: 3 } })
    assert.deepEqual(await quantitiesOf(id), [])
    assert.equal(await demandOf(id), undefined)
  })

  it('S7 takes back from what is there, then from who came last and is not sent, and leaves what is gone', async () => {
    const { id } = await ordered()
    const orders = [await shop.sell(id, 2), await shop.sell(id, 2), await shop.sell(id, 2)]
    const workOrder = systemIds.next()
    await make(workOrder, 2, id, 7)
    for (const status of ['paid', 'processing', 'shipped'])
      await must('PUT', `${ORDERS}/${orders[2]?.id}/status`, { status })
    await make(workOrder, 3, id, -4)
    assert.deepEqual(await waitingOf(...orders), [1, 2, 0])
    assert.deepEqual((await quantitiesOf(id)).slice(4), ['release 2', 'release 1', 'production -4'])
    assert.deepEqual([(await demandOf(id)).waiting, (await demandOf(id)).received], [3, 3])
    await make(workOrder, 4, id, -3)
    assert.deepEqual(await waitingOf(...orders), [2, 2, 0])
    assert.equal(await shop.stockOf(id), 0)
    const { waiting, received } = await demandOf(id)
    assert.deepEqual([waiting, received], [4, 0], 'what was sent is gone, and counted as taken back')
    await make(workOrder, 5, id, 4)
    assert.deepEqual(await waitingOf(...orders), [0, 0, 0])
  })

  it('S7 uses up components as far as they are there, and gives back no more than it has used', async () => {
    const { id } = await shop.stockUp({ stock: 5, stock_policy: 'backorder' })
    const [one, other] = [systemIds.next(), systemIds.next()]
    await use(one, 2, id, 3)
    await use(other, 2, id, 4, 'scrap')
    assert.deepEqual(await quantitiesOf(id), ['receipt 5', 'production -3', 'production -2'])
    await use(other, 3, id, 1)
    assert.equal((await quantitiesOf(id)).length, 3, 'nothing is there, and nothing is written')
    const order = await shop.sell(id, 1)
    await use(other, 4, id, -5)
    assert.deepEqual((await quantitiesOf(id)).slice(3), ['production 2', 'sale -1'])
    assert.deepEqual(await waitingOf(order), [0])
    await use(one, 3, id, -3)
    await use(one, 4, id, -3)
    assert.equal(await shop.stockOf(id), 4)
  })

  it('E1 counts the output of an event that comes late, and keeps what a later one has said', async () => {
    const { id } = await ordered()
    const order = await shop.sell(id, 2)
    const workOrder = systemIds.next()
    await hear({ id: workOrder, version: 9, productId: id, fields: { status: 'on_hold', expected_at: null } })
    await make(workOrder, 3, id, 1)
    assert.deepEqual(await waitingOf(order), [1])
    const supply = await shop.db
      .selectFrom('product_supplies')
      .select(['version', 'status'])
      .where('id', '=', workOrder)
      .execute()
    assert.deepEqual(supply, [{ version: 9, status: 'on_hold' }])
  })

  it('S5 promises by what is being made, and no longer when it is held or something else is made', async () => {
    const [{ id }, { id: otherId }] = [await ordered(), await ordered()]
    const [order, other] = [await shop.sell(id, 50), await shop.sell(otherId, 100)]
    assert.equal(await promisedOf(order), null)
    const workOrder = systemIds.next()
    const until = (hours: number): string =>
      businessDays.dayOf(new Date(shop.clock.now().getTime() + hours * HOUR_MS))
    await hear({ id: workOrder, version: 1, productId: id, type: 'created' })
    assert.equal(await promisedOf(order), until(50))
    const version = (await must('GET', `${ORDERS}/${order.id}`)).version
    await hear({ id: workOrder, version: 2, productId: id })
    assert.equal(
      (await must('GET', `${ORDERS}/${order.id}`)).version,
      version,
      'the same day is no change of the order',
    )
    const hold = { reason: 'machine', note: null, since: shop.clock.now().toISOString() }
    const held = { status: 'on_hold', expected_at: null, hold }
    await hear({ id: workOrder, version: 3, productId: id, type: 'status_changed', fields: held })
    assert.equal(await promisedOf(order), null)
    await hear({ id: workOrder, version: 4, productId: id, type: 'status_changed' })
    assert.equal(await promisedOf(order), until(50))
    await hear({ id: workOrder, version: 5, productId: otherId })
    assert.deepEqual([await promisedOf(order), await promisedOf(other)], [null, until(100)])
    await hear({ id: workOrder, version: 6, productId: null })
    assert.deepEqual([await promisedOf(order), await promisedOf(other)], [null, null])
    assert.deepEqual(
      (await shop.eventsOf(`order/${other.id}`)).map(({ type }) => type),
      ['order_created', 'order_updated', 'order_updated'],
    )
  })

  it('E1 refuses an event that does not tell of a work order, so that it is seen', async () => {
    const { id } = await ordered()
    const told = { id: systemIds.next(), version: 2, productId: id, fields: { quantity: 'many' } }
    await assert.rejects(hear(told), /does not tell of a work order/)
  })

  it('S7 says once that a stock is low when what was made is taken back', async () => {
    const { id } = await shop.stockUp({ stock: 0, stock_policy: 'backorder', low_stock_at: 1 })
    const workOrder = systemIds.next()
    await shop.sell(id, 2)
    await make(workOrder, 2, id, 2)
    const before = (await shop.eventsOf(`product_stock/${id}`)).length
    await make(workOrder, 3, id, -2)
    assert.equal((await shop.eventsOf(`product_stock/${id}`)).length, before)
  })
})
