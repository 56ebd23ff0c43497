import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { startTestApp, type TestApp } from '#tests/test-app'
import { createOperatorReport } from './report-operators.ts'
import { weekOf, weeksOf } from './report-weeks.ts'
import { createWorkOrderReport } from './report-work-orders.ts'
import type { WorkOrderTables } from './table.ts'
import { entryRow, workOrderRow } from './test-workshop.ts'

const PATHS = ['/api/v1/reports/workorders', '/api/v1/reports/operators']
const HOUR_MS = 3_600_000
const BERLIN = 'Europe/Berlin'

it('W7 names the weeks as ISO 8601 does, over the turn of the year too, and cuts the first and the last', () => {
  for (const [day, week] of [
    ['2026-11-21', '2026-W47'],
    ['2024-12-30', '2025-W01'],
    ['2025-12-29', '2026-W01'],
    ['2027-01-03', '2026-W53'],
    ['2027-01-04', '2027-W01'],
    ['2021-01-01', '2020-W53'],
    ['2023-01-01', '2022-W52'],
  ] as const)
    assert.equal(weekOf(day), week, day)
  assert.deepEqual(weeksOf({ from: '2026-12-31', to: '2027-01-12' }), [
    { week: '2026-W53', from: '2026-12-31', to: '2027-01-03' },
    { week: '2027-W01', from: '2027-01-04', to: '2027-01-10' },
    { week: '2027-W02', from: '2027-01-11', to: '2027-01-12' },
  ])
  assert.deepEqual(weeksOf({ from: '2027-01-03', to: '2027-01-03' }), [
    { week: '2026-W53', from: '2027-01-03', to: '2027-01-03' },
  ])
})

onEach(engines, 'the reports of the work orders', (backend) => {
  let app: TestApp
  before(async () => {
    app = await startTestApp(backend)
  })
  after(async () => await app.stop())

  function workOrdersAsOf(now: Date, zone: string) {
    return createWorkOrderReport(partsAsOf(now, zone))
  }

  function operatorsAsOf(now: Date, zone: string) {
    return createOperatorReport(partsAsOf(now, zone))
  }

  function partsAsOf(now: Date, zone: string) {
    const db = app.db.withTables<WorkOrderTables>()
    return { db, clock: { now: () => now }, businessDays: createBusinessDays(zone), businessZone: zone }
  }

  async function addOrder(fields: Partial<Parameters<typeof workOrderRow>[0]>): Promise<string> {
    const row = workOrderRow({ business_day: '2020-01-01', deadline_at: new Date('2020-01-01'), ...fields })
    await app.db.withTables<WorkOrderTables>().insertInto('work_orders').values(row).execute()
    return row.id
  }

  async function hold(orderId: string, [from, to]: readonly [string, string | null]): Promise<void> {
    const row = {
      id: systemIds.next(),
      work_order_id: orderId,
      reason: 'machine',
      note: null,
      started_by: null,
      started_at: new Date(from),
      ended_at: to === null ? null : new Date(to),
    }
    await app.db.withTables<WorkOrderTables>().insertInto('work_order_holds').values(row).execute()
  }

  async function work(orderId: string, [from, to]: readonly [string, string | null]): Promise<string> {
    const operator = systemIds.next()
    const row = {
      id: systemIds.next(),
      work_order_id: orderId,
      operator_id: operator,
      started_at: new Date(from),
      ended_at: to === null ? null : new Date(to),
      end_cause: null,
      open_key: null,
    }
    await app.db.withTables<WorkOrderTables>().insertInto('work_sessions').values(row).execute()
    return operator
  }

  it('W7 shows them to administrators, production managers and agents only', async () => {
    const people = ['production_manager', 'agent', 'operator', 'customer'] as const
    for (const path of PATHS) {
      const statuses = [(await app.ask('GET', path, { token: app.administrator.token })).status]
      for (const role of people) {
        const { token } = await app.enrol(role)
        statuses.push((await app.ask('GET', path, { token })).status)
      }
      assert.deepEqual(statuses, [200, 200, 200, 403, 403], path)
      assert.equal((await app.ask('GET', path)).status, 401)
    }
  })

  it('C4 refuses days that are none, the wrong way round or too many, and what it does not know', async () => {
    const { token } = app.administrator
    for (const path of PATHS) {
      for (const query of [
        'from=2026-02-30',
        'from=2026-1-1',
        'to=today',
        'to=1899-12-31',
        'from=2026-01-02&to=2026-01-01',
        'from=2025-01-01&to=2026-01-02',
        'by=day',
      ]) {
        const { status, text } = await app.ask('GET', `${path}?${query}`, { token })
        assert.equal(status, 400, `${path}?${query}: ${text}`)
      }
      assert.equal((await app.ask('GET', `${path}?from=2025-01-01&to=2026-01-01`, { token })).status, 200)
    }
  })

  it('W7 tells of the last thirty days without days of its own, and is kept by no cache', async () => {
    const { token } = app.administrator
    for (const path of PATHS) {
      const { body, headers } = await app.ask('GET', path, { token })
      assert.equal(Date.parse(body.to) - Date.parse(body.from), 29 * 24 * HOUR_MS)
      assert.equal(headers['cache-control'], 'private, no-store')
      assert.match(String(headers['vary']), /accept/i)
    }
  })

  it('W7 has every section also of days on which nothing was', async () => {
    const { token } = app.administrator
    const days = 'from=1970-01-01&to=1970-01-04'
    const { body } = await app.ask('GET', `${PATHS[0]}?${days}`, { token })
    assert.deepEqual(body, {
      from: '1970-01-01',
      to: '1970-01-04',
      zone: 'Asia/Jakarta',
      statuses: ['pending', 'in_progress', 'on_hold', 'completed', 'cancelled'].map((status) => ({
        status,
        count: 0,
        quantity: 0,
      })),
      overdue: { count: 0, quantity: 0 },
      on_time: { completed: 0, on_time: 0, late: 0, rate: null },
      output: { good: 0, scrap: 0, rework: 0 },
      scrap: ['material', 'machine', 'quality', 'operator', 'other'].map((reason) => ({
        reason,
        quantity: 0,
      })),
      downtime: ['material', 'machine', 'quality', 'other'].map((reason) => ({
        reason,
        holds: 0,
        duration_ms: 0,
      })),
      weeks: [{ week: '1970-W01', from: '1970-01-01', to: '1970-01-04', completed: 0, good: 0 }],
      totals: { count: 0, quantity: 0, completed: 0, good: 0, scrap: 0, rework: 0, downtime_ms: 0 },
    })
    const operators = await app.ask('GET', `${PATHS[1]}?${days}`, { token })
    assert.deepEqual(operators.body.data, [])
    assert.deepEqual(operators.body.totals, {
      completed: 0,
      good: 0,
      scrap: 0,
      rework: 0,
      mean_time_ms: null,
      worked_ms: 0,
    })
    const table = await app.ask('GET', `${PATHS[1]}?${days}`, { token, headers: { accept: 'text/csv' } })
    assert.equal(table.text, 'operator_id,name,completed,good,scrap,rework,mean_time_ms,worked_ms\r\n')
  })

  it('W7 counts what still runs up to now, and nothing of what is to come', async () => {
    const order = await addOrder({ business_day: '2019-05-06' })
    await hold(order, ['2019-05-06T08:00:00.000Z', null])
    const operator = await work(order, ['2019-05-06T08:30:00.000Z', null])
    const now = new Date('2019-05-06T09:00:00.250Z')
    const running = await workOrdersAsOf(now, 'UTC')({ from: '2019-05-06', to: '2019-05-06' })
    assert.equal(running.totals.downtime_ms, HOUR_MS + 250)
    const operators = await operatorsAsOf(now, 'UTC')({ from: '2019-05-01', to: '2019-05-31' })
    assert.deepEqual(operators.data, [
      {
        operator_id: operator,
        name: null,
        completed: 0,
        good: 0,
        scrap: 0,
        rework: 0,
        mean_time_ms: null,
        worked_ms: HOUR_MS / 2 + 250,
      },
    ])
    const tomorrow = await workOrdersAsOf(now, 'UTC')({ from: '2019-05-07', to: '2019-05-08' })
    assert.deepEqual(tomorrow.downtime[1], { reason: 'machine', holds: 0, duration_ms: 0 })
    const table = app.db.withTables<WorkOrderTables>()
    await table.deleteFrom('work_order_holds').where('work_order_id', '=', order).execute()
    await table.deleteFrom('work_sessions').where('work_order_id', '=', order).execute()
  })

  it('W7 calls overdue what is open after its deadline, and on time what is finished at it', async () => {
    const deadline = new Date('2018-03-05T16:00:00.000Z')
    const fields = { business_day: '2018-03-05', deadline_at: deadline }
    await addOrder({ ...fields, status: 'on_hold', quantity: 3 })
    await addOrder({ ...fields, status: 'completed', finished_at: deadline })
    await addOrder({ ...fields, status: 'completed', finished_at: new Date(deadline.getTime() + 1) })
    await addOrder({ ...fields, status: 'cancelled', finished_at: deadline })
    const day = { from: '2018-03-05', to: '2018-03-05' }
    const atDeadline = await workOrdersAsOf(deadline, 'UTC')(day)
    assert.deepEqual(atDeadline.overdue, { count: 0, quantity: 0 })
    const after = await workOrdersAsOf(new Date(deadline.getTime() + 1), 'UTC')(day)
    assert.deepEqual(after.overdue, { count: 1, quantity: 3 })
    assert.deepEqual(after.on_time, { completed: 2, on_time: 1, late: 1, rate: 0.5 })
  })

  it('W7 has days of 23 and of 25 hours where the clocks are set', async () => {
    const now = new Date('2025-12-01T00:00:00.000Z')
    const order = await addOrder({ business_day: '2025-03-01' })
    await hold(order, ['2025-03-01T00:00:00.000Z', '2025-11-15T00:00:00.000Z'])
    await work(order, ['2025-03-01T00:00:00.000Z', '2025-11-15T00:00:00.000Z'])
    for (const [day, hours] of [
      ['2025-03-29', 24],
      ['2025-03-30', 23],
      ['2025-10-25', 24],
      ['2025-10-26', 25],
    ] as const) {
      const days = { from: day, to: day }
      const report = await workOrdersAsOf(now, BERLIN)(days)
      assert.equal(report.totals.downtime_ms, hours * HOUR_MS, day)
      assert.equal((await operatorsAsOf(now, BERLIN)(days)).totals.worked_ms, hours * HOUR_MS, day)
    }
    // Summer time there ends on the Sunday, whose midnights are 22:00 UTC before it and 23:00 UTC after it.
    const done = { status: 'completed', business_day: '2025-10-01' } as const
    await addOrder({ ...done, finished_at: new Date('2025-10-25T21:59:59.999Z') })
    await addOrder({ ...done, finished_at: new Date('2025-10-25T22:00:00.000Z') })
    await addOrder({ ...done, finished_at: new Date('2025-10-26T22:59:59.999Z') })
    await addOrder({ ...done, finished_at: new Date('2025-10-26T23:00:00.000Z') })
    const table = app.db.withTables<WorkOrderTables>()
    const entries = ['2025-10-26', '2025-10-27'].map((day, place) =>
      entryRow({ work_order_id: order, kind: 'good', quantity: place + 1, business_day: day }),
    )
    await table.insertInto('production_entries').values(entries).execute()
    const sunday = await workOrdersAsOf(now, BERLIN)({ from: '2025-10-26', to: '2025-10-26' })
    assert.equal(sunday.totals.completed, 2)
    const { weeks } = await workOrdersAsOf(now, BERLIN)({ from: '2025-10-20', to: '2025-11-02' })
    assert.deepEqual(weeks, [
      { week: '2025-W43', from: '2025-10-20', to: '2025-10-26', completed: 3, good: 1 },
      { week: '2025-W44', from: '2025-10-27', to: '2025-11-02', completed: 1, good: 2 },
    ])
  })
})
