import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Actor, Call } from '#platform/call'
import { systemIds } from '#platform/id'
import { engines, onEach, type Place } from '#tests/backends'
import { type Person, startTestApp } from '#tests/test-app'
import { startTestFloor, type TestFloor } from './test-floor.ts'
import { allowedActions, type TimeAction, timeActions, timeStateOf, workedMs } from './time-rules.ts'
import { endCauses } from './work-sessions.ts'
import { createWorkTime } from './work-time.ts'

const MINUTE_MS = 60_000

describe('the time of an operator', () => {
  const at = (minute: number): Date => new Date(minute * MINUTE_MS)
  const stretch = (from: number, to: number | null, cause: string | null = null) => ({
    started_at: at(from),
    ended_at: to === null ? null : at(to),
    end_cause: cause,
  })

  it('W6 follows its table: each state and what may be done in it', () => {
    const states = [
      [timeStateOf([]), ['start']],
      [timeStateOf([stretch(0, null)]), ['pause', 'finish']],
      [timeStateOf([stretch(0, 1, 'paused')]), ['resume', 'finish']],
      [timeStateOf([stretch(0, 1, 'order_held')]), ['resume', 'finish']],
      [timeStateOf([stretch(0, 1, 'paused'), stretch(2, 3, 'finished')]), ['start']],
    ] as const
    for (const [state, actions] of states) assert.deepEqual(allowedActions(state), actions)
    const resting = endCauses.filter((cause) => timeStateOf([stretch(0, 1, cause)]) === 'paused')
    assert.deepEqual(resting, ['paused', 'order_held'])
  })

  it('W6 adds up the stretches, and what runs as far as it has come', () => {
    assert.equal(workedMs([], at(9)), 0)
    assert.equal(workedMs([stretch(0, 2), stretch(5, 6), stretch(8, null)], at(9)), 4 * MINUTE_MS)
    // A clock that was set back takes nothing away.
    assert.equal(workedMs([stretch(5, 3), stretch(8, null)], at(7)), 0)
  })
})

onEach(engines, 'operators’ time', (backend) => {
  let floor: TestFloor
  let place: Place
  let colleague: Person
  before(async () => {
    place = await backend.create()
    floor = await startTestFloor({ ...backend, create: async () => place })
    colleague = await floor.enrol('operator')
  })
  after(async () => await floor.stop())

  async function turn(id: string, action: TimeAction, { token } = floor.operator) {
    return await floor.ask('POST', `/api/v1/workorders/${id}/time/${action}`, { token })
  }
  async function timeOf(id: string) {
    return (await floor.ask('GET', `/api/v1/workorders/${id}/time`, { token: floor.manager.token })).body
  }
  async function causesOf(id: string) {
    const rows = await floor.db
      .selectFrom('work_sessions')
      .select(['operator_id', 'end_cause', 'open_key'])
      .where('work_order_id', '=', id)
      .orderBy('id')
      .execute()
    return rows.map((row) => [row.operator_id === floor.operator.id, row.end_cause, row.open_key === null])
  }
  /** The use case with a clock that stands still until the test moves it. */
  function withClock({ id: userId, email }: Person) {
    let now = Date.parse('2026-11-21T16:50:00.000Z')
    const { db } = floor
    const actor: Actor = {
      userId,
      email,
      role: 'operator',
      permissions: new Set(['workorders:read', 'workorders:work']),
      sessionId: null,
    }
    const call: Call<unknown> = { actor, language: 'en', address: '', expectedVersions: 'any' }
    return {
      call,
      time: createWorkTime({ db, ids: systemIds, clock: { now: () => new Date(now) } }),
      pass: (minutes: number) => {
        now += minutes * MINUTE_MS
      },
    }
  }

  it('W6 adds up an operator’s time in milliseconds, over pauses and midnight, each operator by themselves', async () => {
    const order = await floor.startWork({ operator_ids: [floor.operator.id, colleague.id] })
    const { call, time, pass } = withClock(floor.operator)
    const workOrderId = order.id
    await time.turnClock(call, { workOrderId, action: 'start' })
    pass(30)
    await time.turnClock(call, { workOrderId, action: 'pause' })
    pass(45)
    await time.turnClock(call, { workOrderId, action: 'resume' })
    pass(5)
    const { call: hers } = withClock(colleague)
    await time.turnClock(hers, { workOrderId, action: 'start' })
    pass(10)
    const seen = await time.getOrderTime(workOrderId)
    assert.deepEqual(
      seen.operators.map(({ operator_id: by, state, worked_ms: ms }) => [by, state, ms]),
      [
        [floor.operator.id, 'running', 45 * MINUTE_MS],
        [colleague.id, 'running', 10 * MINUTE_MS],
      ],
    )
    assert.equal(seen.worked_ms, 55 * MINUTE_MS)
    const done = await time.turnClock(call, { workOrderId, action: 'finish' })
    assert.deepEqual(
      [done.state, done.worked_ms, done.running_since, done.allowed_actions],
      ['idle', 45 * MINUTE_MS, null, ['start']],
    )
    pass(60)
    assert.equal((await time.getOrderTime(workOrderId)).operators[0]?.worked_ms, 45 * MINUTE_MS)
    assert.equal((await time.listCurrentWork(call)).data.length, 0)
    const [current] = (await time.listCurrentWork(hers)).data
    assert.deepEqual([current?.number, current?.running_ms], [order.number, 70 * MINUTE_MS])
    assert.equal((await floor.read(workOrderId)).version, order.version)
  })

  it('W6 survives a restart: who starts later knows whose clock runs', async () => {
    const { id } = await floor.startWork()
    assert.equal((await turn(id, 'start')).status, 200)
    const other = await startTestApp({
      ...backend,
      create: async () => ({ ...place, remove: async () => {} }),
    })
    try {
      const { token } = floor.operator
      const url = '/api/v1/workorders/time/current'
      const { body } = await other.ask('GET', url, { token })
      const ids = body.data.map((each: { work_order_id: string }) => each.work_order_id)
      assert.ok(ids.includes(id))
      const again = await other.ask('POST', `/api/v1/workorders/${id}/time/start`, { token })
      assert.deepEqual(
        [again.status, again.body.code, again.body.state],
        [409, 'time_not_allowed', 'running'],
      )
      assert.equal((await other.ask('POST', `/api/v1/workorders/${id}/time/finish`, { token })).status, 200)
    } finally {
      await other.stop()
    }
    const [mine] = (await timeOf(id)).operators
    assert.equal(mine.state, 'idle')
  })

  it('W6 allows each action in its states only, and tells which', async () => {
    const { id } = await floor.startWork()
    const steps: readonly (readonly [TimeAction | null, string, readonly TimeAction[]])[] = [
      [null, 'idle', ['start']],
      ['start', 'running', ['pause', 'finish']],
      ['pause', 'paused', ['resume', 'finish']],
      ['resume', 'running', ['pause', 'finish']],
      ['finish', 'idle', ['start']],
      ['start', 'running', ['pause', 'finish']],
      ['pause', 'paused', ['resume', 'finish']],
      ['finish', 'idle', ['start']],
    ]
    for (const [action, state, allowed] of steps) {
      if (action !== null) assert.equal((await turn(id, action)).body.state, state)
      for (const refused of timeActions.filter((each) => !allowed.includes(each))) {
        const { status, body } = await turn(id, refused)
        assert.deepEqual([status, body.state, body.allowed_actions], [409, state, allowed])
      }
    }
    assert.equal(
      (
        await floor.ask('GET', `/api/v1/workorders/${id}/time/sessions?limit=2`, {
          token: floor.operator.token,
        })
      ).body.page.has_more,
      true,
    )
  })

  it('W6 gives an operator one clock at an order, of however many at once, and as many orders as they mind', async () => {
    const [one, two] = [await floor.startWork(), await floor.startWork()]
    const answers = await Promise.all(Array.from({ length: 16 }, async () => await turn(one.id, 'start')))
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, ...Array(15).fill(409)])
    assert.equal((await turn(two.id, 'start')).status, 200)
    const { body } = await floor.ask('GET', '/api/v1/workorders/time/current', {
      token: floor.operator.token,
    })
    const ids: string[] = body.data.map((each: { work_order_id: string }) => each.work_order_id)
    assert.ok(ids.includes(one.id) && ids.includes(two.id))
  })

  it('W6 ends with a hold, completion, cancelling or the operator’s leave, and starts in progress only', async () => {
    const { id } = await floor.openOrder({ operator_ids: [floor.operator.id, colleague.id] })
    assert.deepEqual((await turn(id, 'start')).body.code, 'not_in_progress')
    await floor.move(id, { status: 'in_progress' })
    await turn(id, 'start')
    await turn(id, 'start', colleague)
    await floor.move(id, { status: 'on_hold', hold_reason: 'material', note: 'Kayu habis' })
    assert.deepEqual(await causesOf(id), [
      [true, 'order_held', true],
      [false, 'order_held', true],
    ])
    assert.equal((await turn(id, 'resume')).status, 409)
    assert.equal((await turn(id, 'finish', colleague)).status, 200)
    await floor.move(id, { status: 'in_progress' })
    assert.equal((await turn(id, 'resume')).status, 200)
    assert.equal((await turn(id, 'resume', colleague)).status, 409)
    await turn(id, 'start', colleague)
    const fired = await floor.ask('PUT', `/api/v1/workorders/${id}`, {
      token: floor.manager.token,
      body: { operator_ids: [floor.operator.id] },
    })
    assert.equal(fired.status, 200, fired.text)
    assert.equal((await turn(id, 'pause', colleague)).status, 403)
    await floor.move(id, { status: 'completed' })
    assert.deepEqual((await causesOf(id)).slice(2), [
      [true, 'order_completed', true],
      [false, 'unassigned', true],
    ])
    assert.equal((await turn(id, 'start')).status, 409)
    const cancelled = await floor.startWork()
    await turn(cancelled.id, 'start')
    await floor.move(cancelled.id, { status: 'cancelled', note: 'Batal' })
    assert.deepEqual(await causesOf(cancelled.id), [[true, 'order_cancelled', true]])
    const paused = await floor.startWork()
    await turn(paused.id, 'start')
    await turn(paused.id, 'pause')
    assert.equal((await timeOf(paused.id)).operators[0].state, 'paused')
    await floor.move(paused.id, { status: 'completed' })
    assert.equal((await timeOf(paused.id)).operators[0].state, 'idle')
  })

  it('W6 is for those who are assigned and for managers', async () => {
    const { id } = await floor.startWork()
    const [agent, customer] = [await floor.enrol('agent'), await floor.enrol()]
    for (const [by, status] of [
      [floor.manager, 200],
      [floor.operator, 200],
      [floor.stranger, 403],
      [agent, 403],
      [customer, 403],
    ] as const)
      assert.equal((await turn(id, 'start', by)).status, status)
    const url = `/api/v1/workorders/${id}/time`
    assert.equal((await floor.ask('POST', `${url}/start`)).status, 401)
    for (const [path, statuses] of [
      [url, [200, 200, 403]],
      [`${url}/sessions`, [200, 200, 403]],
      ['/api/v1/workorders/time/current', [200, 403, 403]],
    ] as const) {
      const answers = await Promise.all(
        [floor.stranger, agent, customer].map(async ({ token }) => await floor.ask('GET', path, { token })),
      )
      assert.deepEqual(
        answers.map(({ status }) => status),
        statuses,
      )
      assert.equal((await floor.ask('GET', path)).status, 401)
    }
  })

  it('W6 leaves the clock as it was when the last step fails', async () => {
    const { id: workOrderId } = await floor.startWork()
    const { call, time } = withClock(floor.operator)
    const failing: Call<unknown> = {
      ...call,
      companion: {
        recall: async () => {},
        begin: async () => {},
        finish: async () => {
          throw new Error('at the last step')
        },
        hold: async () => {},
        refuse: async () => {},
      },
    }
    await assert.rejects(time.turnClock(failing, { workOrderId, action: 'start' }), /at the last step/)
    assert.deepEqual(await causesOf(workOrderId), [])
    await time.turnClock(call, { workOrderId, action: 'start' })
    for (const action of ['pause', 'finish'] as const)
      await assert.rejects(time.turnClock(failing, { workOrderId, action }), /at the last step/)
    assert.deepEqual(await causesOf(workOrderId), [[true, null, false]])
  })
})
