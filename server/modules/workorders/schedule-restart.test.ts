import assert from 'node:assert/strict'
import { afterEach, it } from 'node:test'
import { addDays, createBusinessDays } from '#platform/business-days'
import { type Backend, engines, onEach, type Place } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startTestApp, type TestApp } from '#tests/test-app'
import type { WorkOrderTables } from './table.ts'

const BASE = '/api/v1/workorders/schedules'
const SCHEDULE = {
  name: 'Roti',
  rule: { frequency: 'daily' },
  product_name: 'Roti',
  quantity: 40,
  lead_days: 0,
}
const HOUR_MS = 3_600_000
const ACCESS_TOKEN_TTL = '99d'

onEach(engines, 'schedules and the server that raises them', (backend) => {
  const running = new Set<TestApp>()
  let place: Place | undefined
  afterEach(async () => {
    await Promise.all(Array.from(running, stop))
    await place?.remove()
    place = undefined
  })

  /** A server on the place of this test; every one of them finds what those before it have left. */
  async function start(environment: Readonly<Record<string, string>> = {}): Promise<TestApp> {
    place ??= await backend.create()
    const kept: Place = { ...place, remove: async () => {} }
    const sharing: Backend = { ...backend, create: async () => kept }
    const app = await startTestApp(sharing, { environment: { ACCESS_TOKEN_TTL, ...environment } })
    running.add(app)
    return app
  }
  async function stop(app: TestApp): Promise<void> {
    running.delete(app)
    await app.stop()
  }
  async function create(app: TestApp, fields: object): Promise<string> {
    const { token } = app.administrator
    const answer = await app.ask('POST', BASE, { token, body: { ...SCHEDULE, ...fields } })
    assert.equal(answer.status, 201, answer.text)
    return answer.body.id
  }
  async function read(app: TestApp, id: string) {
    return (await app.ask('GET', `${BASE}/${id}`, { token: app.administrator.token })).body
  }
  const daysOf = async (app: TestApp, id: string) =>
    (
      await app.db
        .withTables<WorkOrderTables>()
        .selectFrom('work_orders')
        .select('schedule_day')
        .where('schedule_id', '=', id)
        .orderBy('schedule_day')
        .execute()
    ).map((order) => order.schedule_day)
  const dueOf = async (app: TestApp, id: string) =>
    (await app.db.selectFrom('timers').select('due_at').where('subject', '=', id).execute())[0]?.due_at

  it('a server that was stopped for days raises the order of the latest one, and goes on', async () => {
    const { dayOf, startOf } = createBusinessDays('Asia/Jakarta')
    const first = await start()
    const today = dayOf(first.clock.now())
    const id = await create(first, { start: addDays(today, 2) })
    await stop(first)

    const second = await start()
    const passTo = (day: string) =>
      second.clock.advance(startOf(day).getTime() - second.clock.now().getTime())
    passTo(addDays(today, 6))
    await eventually(
      async () => await daysOf(second, id),
      (days) => days.length > 0,
    )
    passTo(addDays(today, 7))
    await eventually(
      async () => await daysOf(second, id),
      (days) => days.length > 1,
    )
    assert.deepEqual(await daysOf(second, id), [addDays(today, 6), addDays(today, 7)])
    assert.equal((await read(second, id)).next_days[0], addDays(today, 8))
  })

  it('two servers raise one order of each schedule and day', async () => {
    const { dayOf, startOf } = createBusinessDays('Asia/Jakarta')
    const apps = [await start(), await start()] as const
    const [app] = apps
    const day = addDays(dayOf(app.clock.now()), 2)
    const ids: string[] = []
    for (let made = 0; made < 12; made += 1) ids.push(await create(app, { start: day }))
    for (const next of [day, addDays(day, 1)]) {
      for (const { clock } of apps) clock.advance(startOf(next).getTime() - clock.now().getTime())
      await eventually(
        async () => await Promise.all(ids.map(async (id) => (await daysOf(app, id)).at(-1))),
        (days) => days.every((last) => last === next),
      )
    }
    for (const id of ids) {
      assert.deepEqual(await daysOf(app, id), [day, addDays(day, 1)])
      assert.equal((await read(app, id)).version, 3)
    }
    const numbers = await app.db
      .withTables<WorkOrderTables>()
      .selectFrom('work_orders')
      .select('number')
      .execute()
    const counts = numbers.map(({ number }) => Number(number.split('-').at(-1))).toSorted((a, b) => a - b)
    assert.deepEqual(
      counts,
      ids.flatMap((_, index) => [index + 1, index + 1]),
    )
  })

  it('a day begins at midnight of the zone, or an hour later when its clocks are set forward then', async () => {
    const zone = 'Africa/Cairo'
    const { dayOf, startOf } = createBusinessDays(zone)
    const app = await start({ BUSINESS_ZONE: zone, ACCESS_TOKEN_TTL: '15m' })
    const lengthOf = (day: string) => startOf(addDays(day, 1)).getTime() - startOf(day).getTime()
    let short = addDays(dayOf(app.clock.now()), 2)
    while (lengthOf(short) !== 23 * HOUR_MS) short = addDays(short, 1)
    const wallClock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' })

    const id = await create(app, { start: short })
    const due = await dueOf(app, id)
    assert.equal(wallClock.format(due), '01:00')
    assert.equal(wallClock.format((due?.getTime() ?? 0) - 1), '23:59')
    app.clock.advance(startOf(short).getTime() - app.clock.now().getTime())
    await eventually(
      async () => await daysOf(app, id),
      (days) => days.length > 0,
    )
    assert.deepEqual(await daysOf(app, id), [short])
    const next = await eventually(
      async () => await dueOf(app, id),
      (at) => at !== undefined && due !== undefined && at > due,
    )
    assert.equal(wallClock.format(next), '00:00')
    assert.equal((next?.getTime() ?? 0) - (due?.getTime() ?? 0), 23 * HOUR_MS)
  })
})
