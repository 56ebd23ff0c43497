import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import type { Person } from '#tests/test-app'
import { allowedTransitions, type WorkOrderStatus, workOrderStatuses } from './lifecycle.ts'
import type { WorkOrder } from './schemas.ts'
import { startTestFloor, type TestFloor } from './test-floor.ts'

const BASE = '/api/v1/workorders'
const MINUTE_MS = 60_000

/** How an order gets to each status. */
const WAYS: Readonly<Record<WorkOrderStatus, readonly WorkOrderStatus[]>> = {
  pending: [],
  in_progress: ['in_progress'],
  on_hold: ['in_progress', 'on_hold'],
  completed: ['in_progress', 'completed'],
  cancelled: ['cancelled'],
}

onEach(engines, 'the status of a work order', (backend) => {
  let floor: TestFloor
  let second: Person
  before(async () => {
    floor = await startTestFloor(backend)
    second = await floor.enrol('operator')
  })
  after(async () => await floor.stop())

  async function orderIn(status: WorkOrderStatus): Promise<WorkOrder> {
    let order = await floor.openOrder({ operator_ids: [second.id] })
    for (const next of WAYS[status]) order = await floor.move(order.id, { status: next })
    return order
  }
  async function put(id: string, body: object, by: Person | null, headers: Record<string, string> = {}) {
    return await floor.ask('PUT', `${BASE}/${id}/status`, {
      ...(by === null ? {} : { token: by.token }),
      body,
      headers,
    })
  }
  async function historyOf(id: string, query = '') {
    const answer = await floor.ask('GET', `${BASE}/${id}/history${query}`, { token: floor.operator.token })
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }

  it('W4 moves for managers and those who work on it as the table says, and is 409 with what is allowed', async () => {
    const people = [
      { by: floor.manager, isManager: true },
      { by: floor.administrator, isManager: true },
      { by: floor.operator, isManager: false },
      { by: second, isManager: false },
    ]
    for (const { by, isManager } of people) {
      for (const from of workOrderStatuses) {
        let order = await orderIn(from)
        const allowed = allowedTransitions(from, { isManager })
        for (const status of workOrderStatuses) {
          const what = `${by.email} from ${from} to ${status}`
          const answer = await put(order.id, { status }, by)
          if (allowed.includes(status)) {
            assert.equal(answer.status, 200, `${what}: ${answer.text}`)
            assert.equal(answer.body.status, status, what)
            assert.equal(answer.body.version, order.version + 1, what)
            order = await orderIn(from)
          } else {
            assert.equal(answer.status, 409, `${what}: ${answer.text}`)
            assert.equal(answer.body.code, 'invalid_transition', what)
            assert.equal(answer.body.current_status, from, what)
            assert.deepEqual(answer.body.allowed_transitions, allowed, what)
            assert.deepEqual(await floor.read(order.id), order, what)
          }
        }
      }
    }
  })

  it('W4 rejects whatever comes from an operator who is not assigned, a customer, an agent or nobody', async () => {
    const [customer, agent] = [await floor.enrol('customer'), await floor.enrol('agent')]
    for (const from of workOrderStatuses) {
      const order = await orderIn(from)
      for (const status of workOrderStatuses) {
        const other = await put(order.id, { status }, floor.stranger)
        assert.deepEqual([other.status, other.body.code], [403, 'not_assigned'], `${from} to ${status}`)
        for (const by of [customer, agent]) {
          const answer = await put(order.id, { status }, by)
          assert.deepEqual([answer.status, answer.body.code], [403, 'missing_permission'])
        }
        assert.equal((await put(order.id, { status }, null)).status, 401)
      }
      assert.deepEqual(await floor.read(order.id), order, from)
    }
  })

  it('W4 is of those who are assigned now', async () => {
    const { id } = await floor.openOrder()
    const reassign = { operator_id: floor.stranger.id }
    const answer = await floor.ask('PUT', `${BASE}/${id}`, { token: floor.manager.token, body: reassign })
    assert.equal(answer.status, 200, answer.text)
    assert.equal((await put(id, { status: 'in_progress' }, floor.operator)).status, 403)
    assert.equal((await put(id, { status: 'in_progress' }, floor.stranger)).status, 200)
  })

  it('W4 understands the spellings that people read', async () => {
    const { id } = await floor.openOrder()
    const spellings = ['In Progress', 'On Hold', 'in-progress', 'COMPLETED']
    for (const status of spellings) {
      const answer = await put(id, { status }, floor.operator)
      assert.equal(answer.status, 200, `${status}: ${answer.text}`)
    }
    const cancelled = await floor.openOrder()
    assert.equal((await put(cancelled.id, { status: ' Cancelled ' }, floor.manager)).body.status, 'cancelled')
    for (const status of ['Done', '', 7, null, ['Pending']]) {
      const answer = await put(cancelled.id, { status }, floor.manager)
      assert.equal(answer.status, 400, JSON.stringify(status))
      assert.equal(answer.body.errors[0].pointer, '/status')
    }
  })

  it('W6 has a history: every change with what was reported, who and when', async () => {
    const order = await floor.openOrder({ quantity: 10 })
    await put(order.id, { status: 'in_progress', quantity: 1 }, floor.operator)
    floor.clock.advance(MINUTE_MS)
    await put(order.id, { status: 'on_hold', hold_reason: 'machine', note: 'Rusak' }, floor.operator)
    floor.clock.advance(MINUTE_MS)
    await put(order.id, { status: 'in_progress' }, floor.manager)
    floor.clock.advance(MINUTE_MS)
    const last = { status: 'completed', quantity: 5, scrap: 2, scrap_reason: 'operator', note: 'Selesai' }
    const done = await put(order.id, last, floor.operator)
    assert.equal(done.status, 200, done.text)
    assert.deepEqual(
      [done.body.produced, done.body.scrap, done.body.remaining, done.body.progress],
      [6, 2, 4, 60],
    )

    const { data } = await historyOf(order.id)
    const told = data.map((each: Record<string, unknown>) =>
      ['from', 'status', 'quantity', 'scrap', 'produced', 'hold_reason', 'note', 'actor_id'].map(
        (name) => each[name],
      ),
    )
    assert.deepEqual(told, [
      [null, 'pending', 0, 0, 0, null, null, floor.manager.id],
      ['pending', 'in_progress', 1, 0, 1, null, null, floor.operator.id],
      ['in_progress', 'on_hold', 0, 0, 1, 'machine', 'Rusak', floor.operator.id],
      ['on_hold', 'in_progress', 0, 0, 1, null, null, floor.manager.id],
      ['in_progress', 'completed', 5, 2, 6, null, 'Selesai', floor.operator.id],
    ])
    assert.equal(data[1].actor_name, 'A operator')
    assert.equal(data[4].created_at, done.body.finished_at)
    assert.equal(data[1].created_at, done.body.started_at)
    const newest = await historyOf(order.id, '?sort=-created_at&limit=2')
    assert.deepEqual(
      newest.data.map(({ status }: { status: string }) => status),
      ['completed', 'in_progress'],
    )
    const rest = await historyOf(order.id, `?sort=-created_at&limit=9&cursor=${newest.page.next_cursor}`)
    assert.equal(rest.data.length, 3)
    assert.equal((await historyOf(order.id, '?page=2&limit=2')).page.total, 5)
  })

  it('W4 W5 logs what is reported with a status, in its transaction and never more than is allowed', async () => {
    const order = await floor.startWork({ quantity: 3 })
    const refused = await put(order.id, { status: 'completed', quantity: 4 }, floor.operator)
    assert.deepEqual([refused.status, refused.body.code], [409, 'output_beyond_allowance'])
    assert.deepEqual(await floor.read(order.id), order)
    assert.equal((await historyOf(order.id)).data.length, 2)
    const pending = await floor.openOrder()
    const early = await put(pending.id, { status: 'cancelled', quantity: 1 }, floor.manager)
    assert.deepEqual([early.status, early.body.code], [409, 'not_in_progress'])
    const done = await put(order.id, { status: 'completed', quantity: 3, scrap: 1 }, floor.operator)
    assert.equal(done.status, 200, done.text)
    const types = (await floor.eventsOf(`work_order/${order.id}`)).map(({ type }) => type)
    assert.deepEqual(types, [
      'work_order.created',
      'work_order.status_changed',
      'work_order.output_logged',
      'work_order.output_logged',
      'work_order.status_changed',
    ])
  })

  it('W4 is completed with too little made as well, for the history says how much it was', async () => {
    const order = await floor.startWork({ quantity: 3 })
    const done = await put(order.id, { status: 'completed' }, floor.operator)
    assert.deepEqual([done.body.status, done.body.produced, done.body.remaining], ['completed', 0, 3])
    assert.equal(done.body.expected_at, null)
  })

  it('W4 holds have a reason and last until work goes on or the order is cancelled', async () => {
    const order = await floor.startWork()
    const body = { status: 'on_hold', hold_reason: 'material', note: 'Kayu habis' }
    const held = await put(order.id, body, floor.operator)
    assert.deepEqual(held.body.hold, {
      reason: 'material',
      note: 'Kayu habis',
      since: held.body.updated_at,
    })
    assert.equal(held.body.expected_at, null)
    floor.clock.advance(5 * MINUTE_MS)
    const again = await put(order.id, { status: 'in_progress' }, floor.operator)
    assert.equal(again.body.hold, null)
    // The deadline stands until something was made, moved by what it was held.
    const lateMs = Date.parse(again.body.expected_at) - Date.parse(order.deadline)
    assert.ok(lateMs >= 5 * MINUTE_MS && lateMs < 6 * MINUTE_MS, String(lateMs))
    await put(order.id, { status: 'on_hold' }, floor.operator)
    const holds = async () =>
      (await floor.ask('GET', `${BASE}/${order.id}/holds`, { token: floor.stranger.token })).body.data
    const [first, open] = await holds()
    assert.deepEqual(
      [first.reason, first.note, first.started_by, first.started_at, first.ended_at],
      ['material', 'Kayu habis', floor.operator.id, held.body.updated_at, again.body.updated_at],
    )
    assert.equal(first.duration_ms, Date.parse(first.ended_at) - Date.parse(first.started_at))
    assert.deepEqual([open.reason, open.ended_at, open.duration_ms], ['other', null, null])
    const cancelled = await put(order.id, { status: 'cancelled', note: 'Batal' }, floor.manager)
    assert.deepEqual(
      [cancelled.body.hold, cancelled.body.cancel_reason, cancelled.body.finished_at],
      [null, 'Batal', cancelled.body.updated_at],
    )
    assert.equal((await holds())[1].ended_at, cancelled.body.updated_at)
    const misplaced = await put(
      (await floor.openOrder()).id,
      { ...body, status: 'in_progress' },
      floor.manager,
    )
    assert.deepEqual([misplaced.status, misplaced.body.errors[0].pointer], [400, '/hold_reason'])
  })

  it('W4 C7 is guarded by the version that was read, and of two at once one changes it', async () => {
    const order = await floor.openOrder()
    const stale = await put(order.id, { status: 'in_progress' }, floor.operator, { 'if-match': '"7"' })
    assert.deepEqual([stale.status, stale.body.current_version], [412, order.version])
    const answers = await Promise.all([
      put(order.id, { status: 'in_progress' }, floor.operator),
      put(order.id, { status: 'in_progress' }, second),
      put(order.id, { status: 'in_progress' }, floor.manager),
    ])
    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 200).length, 1, statuses.join())
    assert.equal((await historyOf(order.id)).data.length, 2)
  })

  it('W4 C4 is 404 where there is none', async () => {
    const nobody = '0190a000-0000-7000-8000-000000000000'
    for (const id of [nobody, 'x', 'assigned']) {
      const answer = await put(id, { status: 'in_progress' }, floor.manager)
      assert.equal(answer.status, 404, id)
    }
    for (const list of ['history', 'holds']) {
      const answer = await floor.ask('GET', `${BASE}/${nobody}/${list}`, { token: floor.manager.token })
      assert.deepEqual([answer.status, answer.body.code], [404, 'work_order_not_found'])
    }
  })
})
