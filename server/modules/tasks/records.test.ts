import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { after, before, it } from 'node:test'
import fc from 'fast-check'
import { createBusinessDays } from '#platform/business-days'
import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { EventEnvelope } from '#platform/events/envelope'
import { createOutbox } from '#platform/events/outbox'
import { createFiles } from '#platform/files/files'
import { openFileStore } from '#platform/files/open-store'
import { systemIds } from '#platform/id'
import { createLog } from '#platform/telemetry/log'
import { createTimers } from '#platform/timers/sweep'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Person } from '#tests/test-app'
import { createRecordConsumer } from './record-consumer.ts'
import type { Task } from './schemas.ts'
import { startTestTasks, TASKS, type TestTasks } from './test-tasks.ts'

const call: Call<unknown> = systemCall
const DAY_MS = 86_400_000

type News = {
  readonly type: string
  readonly version: number
  readonly time?: string
  readonly data: Record<string, unknown>
}

onEach(engines, 'tasks on records', (backend) => {
  let at: TestTasks
  let agent: Person
  let hear: (...news: readonly News[]) => Promise<void>

  before(async () => {
    at = await startTestTasks(backend, { environment: { KARYA_MODULES: 'identity,people,tasks' } })
    agent = await at.enrol('agent')
    const consumer = consumerOf(at)
    hear = async (...news) => {
      for (const event of news.map(envelopeOf))
        await transaction(at.db, call, async (trx) => {
          await consumer.handle(event, trx)
        })
    }
  })
  after(async () => await at.stop())

  const fromNow = (ms: number) => new Date(at.clock.now().getTime() + ms).toISOString()
  const typesOf = async (id: string) => (await at.eventsOf(id)).map(({ type }) => type)
  const recordOf = ({ record }: Task) => {
    assert.ok(record)
    return record
  }

  /** An order of somebody's, and what is told of it. */
  const anOrder = (buyer: Person = at.owner) => {
    const id = systemIds.next()
    const data = { order_id: id, number: `ORD-${id.slice(-6)}`, user_id: buyer.id, hold_until: null }
    const tell = (status: string, version: number, fields: object = {}): News => {
      const type = version === 1 ? 'order_created' : `order_${status}`
      return { type, version, data: { ...data, status, ...fields } }
    }
    return { id, number: data.number, tell }
  }

  it('T1 take over the name and the deadline of an order, and are done when it is shipped', async () => {
    const order = anOrder()
    const [until, later] = [fromNow(DAY_MS), fromNow(2 * DAY_MS)]
    await hear(order.tell('pending_payment', 1, { hold_until: until }))
    const record = { kind: 'order', id: order.id, inherits: 'due_at', closes_on: 'shipped' }
    const task = await at.openTask({ record, reminders: [{ before_due_seconds: 60 }] })
    assert.deepEqual([task.due_at, recordOf(task)], [until, { ...record, label: order.number }])

    await hear(order.tell('pending_payment', 2, { hold_until: later }))
    const moved = await at.read(task.id)
    assert.deepEqual([moved.due_at, moved.version], [later, 2])
    const byHand = fromNow(3 * DAY_MS)
    await at.change(task.id, { due_at: byHand })
    await hear(order.tell('paid', 3, { hold_until: later }))
    assert.equal((await at.read(task.id)).due_at, byHand)

    const shipped = order.tell('shipped', 4, { hold_until: later })
    await hear(shipped, shipped, order.tell('paid', 3, { hold_until: later }))
    const done = await at.read(task.id)
    assert.deepEqual([done.status, done.version], ['done', 4])
    assert.deepEqual(await typesOf(task.id), [
      'task.created',
      'task.updated',
      'task.updated',
      'task.completed',
    ])
    const last = await at.db
      .selectFrom('outbox')
      .select('actor_id')
      .where('subject', '=', `task/${task.id}`)
      .orderBy('record_version', 'desc')
      .executeTakeFirstOrThrow()
    assert.equal(last.actor_id, null)

    await at.change(task.id, { status: 'open' })
    await hear(order.tell('shipped', 5, { hold_until: later }))
    assert.equal((await at.read(task.id)).status, 'open')
  })

  it('T1 accept what nobody has told of yet, and catch up when its event comes', async () => {
    const order = anOrder()
    const record = { kind: 'order', id: order.id, inherits: 'expires_at', closes_on: 'paid' }
    const task = await at.openTask({ record, on_expire: 'archive' })
    assert.deepEqual([recordOf(task).label, task.expires_at], [null, null])
    const until = fromNow(DAY_MS)
    await hear(order.tell('pending_payment', 1, { hold_until: until }))
    const known = await at.read(task.id)
    assert.deepEqual([recordOf(known).label, known.expires_at, known.version], [order.number, until, 2])
    const timers = await at.db.selectFrom('timers').select('kind').where('subject', '=', task.id).execute()
    assert.deepEqual(timers.map(({ kind }) => kind).toSorted(), ['task.expiry', 'task.warning'])
    await hear(order.tell('paid', 2))
    const paid = await at.read(task.id)
    assert.deepEqual([paid.status, paid.expires_at], ['done', null])

    const late = await at.openTask({ record })
    assert.deepEqual([late.status, late.version], ['done', 2])
    const plain = await at.openTask()
    const named = await at.change(plain.id, { record })
    assert.equal(named.status, 'done')
    assert.deepEqual(await typesOf(plain.id), ['task.created', 'task.updated', 'task.completed'])
  })

  it('T1 learn nothing of a record that their caller may not see, as of one that there is not', async () => {
    const order = anOrder(at.stranger)
    await hear(order.tell('pending_payment', 1, { hold_until: fromNow(DAY_MS) }))
    const open = async (id: string, by: Person) =>
      await at.openTask({ record: { kind: 'order', id, inherits: 'due_at', closes_on: 'paid' } }, by)
    const [hidden, absent] = [await open(order.id, at.owner), await open(systemIds.next(), at.owner)]
    const comparable = (task: Task) => ({
      ...task,
      id: '',
      created_at: '',
      updated_at: '',
      record: { ...recordOf(task), id: '' },
    })
    assert.deepEqual(comparable(hidden), comparable(absent))
    const wrongKind = await at.openTask({ record: { kind: 'ticket', id: order.id } }, agent)
    assert.equal(recordOf(wrongKind).label, null)
    const [own, staff] = [await open(order.id, at.stranger), await open(order.id, agent)]
    assert.deepEqual([recordOf(own).label, recordOf(staff).label], [order.number, order.number])
    await hear(order.tell('paid', 2))
    const statuses = [
      await at.read(hidden.id),
      await at.read(own.id, at.stranger),
      await at.read(staff.id, agent),
    ]
    assert.deepEqual(
      statuses.map(({ status }) => status),
      ['open', 'done', 'done'],
    )
  })

  it('T1 hang on work orders, tickets and products as well', async () => {
    const [workOrder, ticket, product] = [systemIds.next(), systemIds.next(), systemIds.next()]
    const [deadline, until, dueAt] = [fromNow(DAY_MS), fromNow(2 * DAY_MS), fromNow(3 * DAY_MS)]
    const made = (status: string, version: number): News => ({
      type: version === 1 ? 'work_order.created' : 'work_order.status_changed',
      version,
      data: { work_order_id: workOrder, number: 'WO-1', status, deadline },
    })
    const asked = (status: string, version: number, times: object): News => ({
      type: version === 1 ? 'ticket.created' : 'ticket.status_changed',
      version,
      data: {
        ticket_id: ticket,
        number: 'TCK-1',
        status,
        ...times,
        creator_id: at.owner.id,
        customer_id: at.owner.id,
        watcher_ids: [at.helper.id],
        version,
      },
    })
    const warned = (version: number, dueTime: string): News => ({
      type: 'ticket.sla_warned',
      version: 1,
      time: '2026-11-21T06:00:00.000Z',
      data: asked('open', version, { resolution_due_at: dueTime }).data,
    })
    const sold = (active: boolean, version: number): News => ({
      type: version === 1 ? 'product.created' : 'product.updated',
      version,
      data: { id: product, name: 'Meja', active },
    })
    await hear(made('pending', 1), asked('open', 1, { pending_until: until }), sold(true, 1))

    const on = async (kind: string, id: string, closesOn: string, by = at.owner) =>
      await at.openTask({ record: { kind, id, inherits: 'due_at', closes_on: closesOn } }, by)
    const atWork = await on('work_order', workOrder, 'completed', at.helper)
    const unseen = await on('work_order', workOrder, 'completed')
    const support = await on('ticket', ticket, 'solved')
    const watched = await on('ticket', ticket, 'solved', at.helper)
    const sale = await on('product', product, 'inactive')
    assert.deepEqual(
      [atWork, unseen, support, watched, sale].map((task) => [recordOf(task).label, task.due_at]),
      [
        ['WO-1', deadline],
        [null, null],
        ['TCK-1', until],
        ['TCK-1', until],
        ['Meja', null],
      ],
    )
    // The clock tells of the version that the ticket had, whichever comes first.
    await hear(warned(1, dueAt), warned(1, dueAt), asked('open', 1, { pending_until: until }))
    const counted = await at.read(support.id)
    assert.deepEqual([counted.due_at, counted.version], [dueAt, 2])
    await hear(asked('open', 2, { resolution_due_at: deadline, pending_until: until }), warned(1, dueAt))
    const told = await at.read(support.id)
    assert.deepEqual([told.due_at, told.version], [deadline, 3])
    await hear(made('completed', 2), asked('solved', 3, {}), sold(false, 2))
    const read = [
      await at.read(atWork.id, at.helper),
      await at.read(unseen.id),
      await at.read(support.id),
      await at.read(watched.id, at.helper),
    ]
    assert.deepEqual(
      read.map(({ status }) => status),
      ['done', 'open', 'done', 'done'],
    )
    // Whoever may not see that it is hidden is not told so.
    assert.equal((await at.read(sale.id)).status, 'open')
  })

  it('T1 are done with their record only when nothing else has to be done first', async () => {
    const order = anOrder()
    await hear(order.tell('pending_payment', 1))
    const first = await at.openTask()
    const record = { kind: 'order', id: order.id, closes_on: 'paid' }
    const task = await at.openTask({ record, blocked_by_ids: [first.id] })
    await hear(order.tell('paid', 2))
    assert.equal((await at.read(task.id)).status, 'open')
    await at.change(first.id, { status: 'done' })
    assert.equal((await at.read(task.id)).status, 'done')
  })

  it('T1 that wait for each other hear the same news once each, and are done one after the other', async () => {
    const order = anOrder()
    await hear(order.tell('pending_payment', 1, { hold_until: fromNow(DAY_MS) }))
    const record = { kind: 'order', id: order.id, inherits: 'due_at', closes_on: 'paid' }
    const first = await at.openTask({ record })
    const second = await at.openTask({ record, blocked_by_ids: [first.id] })
    const later = fromNow(2 * DAY_MS)
    await hear(order.tell('paid', 2, { hold_until: later }))
    const done = await at.read(second.id)
    assert.deepEqual([done.status, done.due_at], ['done', later])
    assert.deepEqual(
      (await at.eventsOf(second.id)).map(({ type, record_version: version }) => [type, version]),
      [
        ['task.created', 1],
        ['task.updated', 2],
        ['task.updated', 3],
        ['task.completed', 4],
      ],
    )
  })

  it('T1 are a hundred open ones on one record at most, of each owner', async () => {
    const record = { kind: 'order', id: systemIds.next() }
    const { token } = at.owner
    const tasks = Array.from({ length: 100 }, () => ({ title: 'Satu dari banyak', record }))
    const many = await at.ask('POST', `${TASKS}/bulk`, { token, body: { tasks } })
    assert.equal(many.status, 201, many.text)
    const [{ id }, { id: other }] = many.body.data
    const plain = await at.openTask({ assignee_id: at.helper.id })
    const isRefused = async (...[method, url, request]: Parameters<TestTasks['ask']>) => {
      const { status, body, text } = await at.ask(method, url, request)
      assert.deepEqual([status, body.code, body.limit], [409, 'too_many_on_record', 100], text)
    }
    await isRefused('POST', TASKS, { token, body: { title: 'Satu lagi', record } })
    await isRefused('POST', `${TASKS}/bulk`, { token, body: { tasks: [{ title: 'Satu lagi', record }] } })
    await isRefused('PATCH', `${TASKS}/${plain.id}`, { token: at.helper.token, body: { record } })
    await isRefused('PATCH', `${TASKS}/bulk`, { token, body: { ids: [plain.id], change: { record } } })
    // What hangs on it already may say so again.
    await at.change(id, { record: { ...record, closes_on: 'paid' } })
    await at.openTask({ record }, at.stranger)

    await at.change(id, { status: 'cancelled' })
    await at.change(plain.id, { record })
    await isRefused('PATCH', `${TASKS}/${id}`, { token, body: { status: 'open' } })
    at.clock.advance(1)
    await at.change(other, { ttl_seconds: 1 })
    at.clock.advance(1_000)
    await eventually(
      async () => (await at.read(other)).status,
      (status) => status === 'expired',
    )
    await at.openTask({ record })
    await isRefused('POST', `${TASKS}/${other}/extend`, { token, body: { ttl_seconds: 60 } })
    await isRefused('PATCH', `${TASKS}/${other}`, { token, body: { ttl_seconds: 60 } })
  })

  it('T1 do not repeat themselves when there is nothing more to wait for', async () => {
    const order = anOrder()
    await hear(order.tell('pending_payment', 1))
    const task = await at.openTask({
      due_at: fromNow(DAY_MS),
      recurrence: { frequency: 'daily' },
      record: { kind: 'order', id: order.id, closes_on: 'paid' },
    })
    const list = async () =>
      (await at.ask('GET', `${TASKS}?record_id=${order.id}`, { token: at.owner.token })).body.data
    await at.change(task.id, { status: 'done' })
    assert.equal((await list()).length, 2)
    await hear(order.tell('paid', 2))
    assert.deepEqual(
      (await list()).map(({ status }: Task) => status),
      ['done', 'done'],
    )
  })

  it('T3 expire at once where the deadline of the record has passed when it is heard of', async () => {
    const order = anOrder()
    const task = await at.openTask({ record: { kind: 'order', id: order.id, inherits: 'expires_at' } })
    await hear(order.tell('pending_payment', 1, { hold_until: fromNow(-60_000) }))
    at.clock.advance(1)
    await eventually(
      async () => await typesOf(task.id),
      (types) => types.join() === 'task.created,task.updated,task.expired',
    )
  })

  it('T1 let go of their record', async () => {
    const order = anOrder()
    await hear(order.tell('pending_payment', 1))
    const task = await at.openTask({ record: { kind: 'order', id: order.id, closes_on: 'paid' } })
    assert.equal((await at.change(task.id, { record: null })).record, null)
    await hear(order.tell('paid', 2))
    assert.equal((await at.read(task.id)).status, 'open')
  })

  it('T1 miss nothing when a task and the news of its record come at the same instant', async () => {
    for (let round = 0; round < 6; round += 1) {
      const order = anOrder()
      const record = { kind: 'order', id: order.id, closes_on: 'shipped' }
      const plain = await at.openTask()
      const [opened] = await Promise.all([
        at.openTask({ record }),
        at.change(plain.id, { record }),
        hear(order.tell('pending_payment', 1), order.tell('shipped', 2)),
      ])
      for (const { id } of [opened, plain]) assert.equal((await at.read(id)).status, 'done')
    }
  })

  it('T5 end as the latest event has it, in whatever order they come and however often', async () => {
    const statuses = ['pending_payment', 'paid', 'processing', 'shipped', 'completed']
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }),
        fc.constantFrom('due_at', 'expires_at'),
        async (arrivals, inherits) => {
          const order = anOrder()
          const holds = statuses.map((_status, index) => fromNow((index + 1) * DAY_MS))
          const tell = (version: number) =>
            order.tell(statuses[version - 1] ?? '', version, { hold_until: holds[version - 1] })
          const record = { kind: 'order', id: order.id, inherits }
          const before = await at.openTask({ record })
          await hear(...[...arrivals, 5, ...arrivals].map(tell))
          const after = await at.openTask({ record })
          for (const { id } of [before, after]) {
            const task = await at.read(id)
            assert.deepEqual([recordOf(task).label, Reflect.get(task, inherits)], [order.number, holds[4]])
          }
          const row = await at.db
            .selectFrom('task_records')
            .select(['state', 'version'])
            .where('id', '=', order.id)
            .executeTakeFirst()
          assert.deepEqual(row, { state: 'completed', version: 5 })
        },
      ),
      { numRuns: 8 },
    )
  })
})

function envelopeOf({ type, version, time = '2026-11-21T05:00:00.000Z', data }: News): EventEnvelope {
  return {
    specversion: '1.0',
    id: systemIds.next(),
    source: '/karya/elsewhere',
    type,
    subject: 'told/elsewhere',
    time,
    datacontenttype: 'application/json',
    dataschema: `urn:karya:event-schema:${type}`,
    recordversion: version,
    position: 1,
    data,
  }
}

/** The consumer by itself: what is told comes from the test. */
function consumerOf({ db, clock }: TestTasks) {
  const log = createLog({ level: 'error', destination: { write: () => undefined } })
  // It never looks into it.
  const store = openFileStore({ bucket: null, dataDirectory: tmpdir(), clock })
  return createRecordConsumer({
    db,
    clock,
    ids: systemIds,
    outbox: createOutbox({ clock, ids: systemIds, traceparent: () => null }),
    timers: createTimers({ db, clock, log }),
    files: createFiles({ db, clock, ids: systemIds, store }),
    businessDays: createBusinessDays('Asia/Jakarta'),
    defaultLanguage: 'id',
  })
}
