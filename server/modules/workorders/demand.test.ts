import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { addDays } from '#platform/business-days'
import { engines, onEach } from '#tests/backends'
import { createDemandCopy } from './demand-copy.ts'
import type { WorkOrder } from './schemas.ts'
import { type DemandScene, demandData, envelopeOf, startDemandScene, type Told } from './test-demand.ts'

onEach(engines, 'what the shop’s orders wait for', (backend) => {
  let scene: DemandScene
  before(async () => {
    scene = await startDemandScene(backend)
  })
  after(async () => await scene.stop())

  const URL = '/api/v1/workorders'
  const states = (orders: readonly WorkOrder[]) => orders.map(({ quantity, status }) => [quantity, status])

  /** A product with an order in progress for so many who wait. */
  async function startFor(waiting: number): Promise<{ readonly product: string; readonly id: string }> {
    const product = await scene.sell()
    await scene.tell(product, { waiting })
    const { id } = await scene.openFor(product)
    await scene.move(id, { status: 'in_progress' })
    return { product, id }
  }

  /** A manager's, who need not be assigned. */
  async function make(id: string, quantity: number): Promise<string> {
    const { status, text, body } = await scene.report(id, { quantity }, scene.manager)
    assert.equal(status, 201, text)
    return body.entry_ids[0]
  }

  async function manualOrder(product: string, quantity: number): Promise<string> {
    const body = { product_id: product, quantity, deadline: '2030-01-15' }
    const opened = await scene.ask('POST', URL, { token: scene.manager.token, body })
    assert.equal(opened.status, 201, opened.text)
    await scene.move(opened.body.id, { status: 'in_progress' })
    return opened.body.id
  }

  it('W1 S4 is made by an order that the system opens, due a week later', async () => {
    const product = await scene.sell('Lemari')
    const day = addDays(scene.parts.businessDays.dayOf(scene.clock.now()), 7)
    await scene.tell(product, { waiting: 5 })
    const order = await scene.openFor(product)
    assert.deepEqual(
      [order.origin, order.quantity, order.status, order.product_name, order.created_by, order.priority],
      ['demand', 5, 'pending', 'Lemari', null, 'normal'],
    )
    assert.equal(scene.parts.businessDays.dayOf(new Date(order.deadline)), day)
    const [created] = await scene.eventsOf(`work_order/${order.id}`)
    assert.equal(created?.type, 'work_order.created')
  })

  it('W1 S4 grows and shrinks the one order with the demand', async () => {
    const product = await scene.sell()
    await scene.tell(product, { waiting: 5 })
    const { id } = await scene.openFor(product)
    for (const [index, waiting] of [8, 3, 3, 4].entries()) {
      await scene.tell(product, { waiting })
      const order = await scene.openFor(product)
      assert.deepEqual([order.id, order.quantity, order.version], [id, waiting, [2, 3, 3, 4][index]])
    }
    assert.deepEqual(
      (await scene.eventsOf(`work_order/${id}`)).map(({ type }) => type),
      ['work_order.created', 'work_order.updated', 'work_order.updated', 'work_order.updated'],
    )
  })

  it('W4 S4 cancels what nobody waits for and of which nothing is made, and opens another later', async () => {
    const { product, id } = await startFor(5)
    await scene.tell(product, { waiting: 0 })
    const order = await scene.read(id)
    assert.deepEqual([order.status, order.cancel_reason, order.quantity], ['cancelled', 'nobody_waits', 5])
    const history = await scene.ask('GET', `${URL}/${id}/history`, { token: scene.manager.token })
    const last = history.body.data.find(({ status }: { status: string }) => status === 'cancelled')
    assert.equal(last.actor_id, null)
    await scene.tell(product, { waiting: 2 })
    assert.deepEqual(states(await scene.ordersOf(product)), [
      [5, 'cancelled'],
      [2, 'pending'],
    ])
  })

  it('W5 S4 counts what is made and on its way to the shop', async () => {
    const { product, id } = await startFor(5)
    await make(id, 2)
    const steps: readonly (readonly [Told, number])[] = [
      // The shop has not heard of the two yet.
      [{ waiting: 6 }, 6],
      [{ waiting: 4, received: 2 }, 6],
      [{ waiting: 1, received: 2 }, 3],
    ]
    for (const [told, quantity] of steps) {
      await scene.tell(product, told)
      const order = await scene.openFor(product)
      assert.deepEqual([order.id, order.quantity, order.produced], [id, quantity, 2])
    }
  })

  it('W4 S4 completes what is made when nobody waits any more, by itself', async () => {
    const { product, id } = await startFor(5)
    await make(id, 2)
    await scene.tell(product, { waiting: 3, received: 2 })
    assert.equal((await scene.read(id)).status, 'in_progress')
    await scene.tell(product, { waiting: 0, received: 2 })
    const order = await scene.read(id)
    assert.deepEqual([order.status, order.quantity, order.produced, order.remaining], ['completed', 2, 2, 0])
  })

  it('W4 S4 leaves what is held to those who hold it', async () => {
    const { product, id } = await startFor(5)
    await make(id, 2)
    await scene.move(id, { status: 'on_hold', hold_reason: 'machine' })
    await scene.tell(product, { waiting: 0, received: 2 })
    const held = await scene.openFor(product)
    assert.deepEqual([held.id, held.status, held.quantity, held.remaining], [id, 'on_hold', 2, 0])
    await scene.tell(product, { waiting: 1, received: 2 })
    assert.equal((await scene.openFor(product)).quantity, 3)
  })

  it('W4 S4 completes what is made when it goes on after a hold in which those who waited left', async () => {
    const { product, id } = await startFor(5)
    await make(id, 2)
    await scene.move(id, { status: 'on_hold', hold_reason: 'machine' })
    await scene.tell(product, { waiting: 0, received: 2 })
    const order = await scene.move(id, { status: 'in_progress' })
    assert.deepEqual([order.status, order.remaining, order.hold], ['completed', 0, null])
    assert.deepEqual(await scene.read(id), order)
    const changes = (await scene.eventsOf(`work_order/${id}`)).map(({ type }) => type)
    assert.deepEqual(changes.slice(-2), ['work_order.status_changed', 'work_order.status_changed'])
    // Where there is something left to make it only goes on, as large as its manager has made it.
    const other = await startFor(5)
    await scene.move(other.id, { status: 'on_hold' })
    const body = { quantity: 9 }
    await scene.ask('PUT', `${URL}/${other.id}`, { token: scene.manager.token, body })
    const resumed = await scene.move(other.id, { status: 'in_progress' })
    assert.deepEqual([resumed.status, resumed.quantity], ['in_progress', 9])
  })

  it('W4 S4 whoever completes it early has the rest opened anew at once', async () => {
    const { product, id } = await startFor(5)
    await make(id, 2)
    await scene.move(id, { status: 'completed' })
    const rest = await scene.openFor(product)
    assert.deepEqual([rest.quantity, rest.status, rest.created_by], [3, 'pending', null])
    // What is reported with the last move counts as well.
    await scene.move(rest.id, { status: 'in_progress' })
    await scene.move(rest.id, { status: 'completed', quantity: 1 })
    assert.equal((await scene.openFor(product)).quantity, 2)
    const last = await scene.openFor(product)
    await scene.move(last.id, { status: 'in_progress' })
    await scene.move(last.id, { status: 'completed', quantity: 2 })
    assert.deepEqual(
      (await scene.ordersOf(product)).map(({ status }) => status),
      ['completed', 'completed', 'completed'],
    )
  })

  it('W4 S4 whoever cancels it is heeded until the demand changes', async () => {
    const { product, id } = await startFor(5)
    await scene.move(id, { status: 'cancelled', note: 'Mesin rusak' })
    assert.equal((await scene.ordersOf(product)).length, 1)
    await scene.tell(product, { waiting: 5 })
    assert.equal((await scene.openFor(product)).quantity, 5)
  })

  it('W5 S4 leaves an order that somebody has opened alone, and counts what it makes', async () => {
    const product = await scene.sell()
    const manual = await manualOrder(product, 10)
    await scene.tell(product, { waiting: 5 })
    await make(manual, 3)
    assert.equal((await scene.openFor(product)).quantity, 5)
    await scene.tell(product, { waiting: 4 })
    assert.equal((await scene.openFor(product)).quantity, 1)
    await scene.tell(product, { waiting: 2, received: 3 })
    assert.equal((await scene.openFor(product)).quantity, 2)
    await make(manual, 7)
    await scene.tell(product, { waiting: 0, received: 10 })
    assert.deepEqual(states(await scene.ordersOf(product)), [
      [10, 'in_progress'],
      [2, 'cancelled'],
    ])
  })

  it('W5 S4 makes again what is taken back', async () => {
    const { product, id } = await startFor(3)
    const entry = await make(id, 3)
    await scene.tell(product, { waiting: 0, received: 3 })
    assert.equal((await scene.read(id)).status, 'completed')
    const taken = await scene.ask('POST', `${URL}/${id}/entries/${entry}/reverse`, {
      token: scene.manager.token,
      body: {},
    })
    assert.equal(taken.status, 201, taken.text)
    await scene.tell(product, { waiting: 3, received: 0 })
    assert.deepEqual(states(await scene.ordersOf(product)), [
      [3, 'completed'],
      [3, 'pending'],
    ])
  })

  it('E1 S4 an old or repeated event changes nothing', async () => {
    const product = await scene.sell()
    await scene.tell(product, { waiting: 5 })
    await scene.tell(product, { waiting: 7 })
    const before = await scene.ordersOf(product)
    const copy = createDemandCopy(scene.parts)
    for (const [version, waiting] of [
      [1, 5],
      [2, 9],
      [0, 4],
    ] as const) {
      await scene.handle(
        copy,
        envelopeOf({
          type: 'product_demand.changed',
          subject: `product_demand/${product}`,
          recordversion: version,
          data: demandData(product, { waiting }, version),
        }),
      )
    }
    assert.deepEqual(await scene.ordersOf(product), before)
  })

  it('E1 S4 of demands that come at once in any order the latest holds, with one order', async () => {
    const copy = createDemandCopy(scene.parts)
    const product = await scene.sell()
    const versions = [4, 9, 1, 7, 10, 2, 8, 3, 6, 5]
    await Promise.all(
      versions.map(async (version) => {
        const data = demandData(product, { waiting: version * 2 }, version)
        const subject = `product_demand/${product}`
        const news = { type: 'product_demand.changed', subject, recordversion: version, data }
        await scene.handle(copy, envelopeOf(news))
      }),
    )
    assert.equal((await scene.openFor(product)).quantity, 20)
    assert.equal((await scene.ordersOf(product)).length, 1)
  })

  it('W5 S4 demand, output and completion at once leave one order for exactly what is outstanding', async () => {
    const { product, id } = await startFor(20)
    const reports = Array.from({ length: 8 }, async () => {
      const { status, body } = await scene.report(id, { quantity: 1 }, scene.manager)
      assert.ok(status === 201 || body.code === 'not_in_progress', `${status} ${body.code}`)
    })
    const demands = (async () => {
      for (const waiting of [25, 30, 22, 26]) await scene.tell(product, { waiting })
    })()
    await Promise.all([...reports, demands, scene.move(id, { status: 'completed' })])
    const orders = await scene.ordersOf(product)
    const made = orders.reduce((sum, { produced }) => sum + produced, 0)
    const open = await scene.openFor(product)
    assert.notEqual(open.id, id)
    assert.equal(open.quantity - open.produced, 26 - made)
    assert.equal(orders.length, 2)
    const demand = await scene.db
      .selectFrom('work_demands')
      .select('produced')
      .where('product_id', '=', product)
      .executeTakeFirst()
    assert.equal(demand?.produced, made)
    // The shop hears of all of it in the end.
    await scene.tell(product, { waiting: 26 - made, received: made })
    assert.equal((await scene.openFor(product)).quantity, 26 - made)
  })
})
