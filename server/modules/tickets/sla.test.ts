import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { createOutbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { createLog } from '#platform/telemetry/log'
import { createTimers } from '#platform/timers/sweep'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Person } from '#tests/test-app'
import { createClockTimers } from './clock-timers.ts'
import { ticketEventTypes } from './event-types.ts'
import type { TicketParts } from './parts.ts'
import { lockTicket, type TicketRow } from './queries.ts'
import type { Deadlines } from './sla-schemas.ts'
import { startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'
import { changeTicket } from './ticket-changes.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const POLICIES = `${TICKETS}/sla/policies`
const HOURS = `${TICKETS}/sla/hours`
const HOLIDAYS = `${TICKETS}/sla/holidays`
const call: Call<unknown> = systemCall
const log = createLog({ level: 'silent' })

/** Jakarta is seven hours ahead the whole year. */
const wib = (text: string): Date => new Date(`${text}:00+07:00`)

onEach(engines, 'the clocks of the desk', (backend) => {
  let desk: TestDesk
  let parts: TicketParts
  before(async () => {
    desk = await startTestDesk(backend)
    const { db, clock } = desk
    parts = {
      db,
      clock,
      ids: systemIds,
      outbox: createOutbox({ clock, ids: systemIds, traceparent: () => null }),
      timers: createTimers({ db: desk.app.database.db, clock, log }),
      businessDays: createBusinessDays('Asia/Jakarta'),
    }
  })
  after(async () => await desk.stop())

  /** Tokens end while the clock is moved. */
  async function tokenOf({ email, password }: Person): Promise<string> {
    const body = { email, password, token_delivery: 'body' }
    return (await desk.ask('POST', '/api/v1/auth/login', { body })).body.access_token
  }
  async function must(method: string, url: string, body?: object, by = desk.administrator) {
    const token = await tokenOf(by)
    const answer = await desk.ask(method, url, { token, ...(body === undefined ? {} : { body }) })
    assert.ok(answer.status < 300, `${method} ${url}: ${answer.text}`)
    return answer.body
  }
  const open = async (fields: object = {}) =>
    await must('POST', TICKETS, { title: 'Bocor', description: 'Air menetes.', ...fields }, desk.customer)
  async function change(id: string, fields: Partial<TicketRow>): Promise<void> {
    await transaction(desk.db, call, async (trx) => {
      const row = await lockTicket(trx, id)
      assert.ok(row)
      const previousStatus = 'open' as const
      const happening = { what: 'status_changed', previousStatus } as const
      await changeTicket(parts, trx, { call, row, change: fields, happening })
    })
  }
  const clocksOf = async (id: string) => {
    const rows = await desk.db.selectFrom('ticket_clocks').selectAll().where('ticket_id', '=', id).execute()
    const of = (kind: string) => {
      const row = rows.find((each) => each.kind === kind)
      assert.ok(row)
      return row
    }
    return { response: of('first_response'), resolution: of('resolution') }
  }
  const spansOf = async (id: string) =>
    await desk.db
      .selectFrom('ticket_spans')
      .selectAll()
      .where('ticket_id', '=', id)
      .orderBy('started_at')
      .execute()
  const slaEventsOf = async (id: string, kind: string) => {
    const rows = await desk.db
      .selectFrom('outbox')
      .select(['type', 'record_version', 'data'])
      .where('subject', '=', `ticket_clock/${id}.${kind}`)
      .orderBy('record_version')
      .execute()
    return rows.map(({ type, record_version: version }) => [type, version])
  }
  const timersOf = async (id: string) =>
    await desk.db
      .selectFrom('timers')
      .selectAll()
      .where('kind', '=', 'ticket.clock')
      .where('subject', 'like', `${id}/%`)
      .execute()
  const explain = async (id: string, by = desk.agent) =>
    await must('GET', `${TICKETS}/${id}/sla`, undefined, by)
  /** No timer of this ticket is being handled: to move the clock on under one has it handled again. */
  const atRest = async (id: string) =>
    await eventually(
      async () => await timersOf(id),
      (timers) => timers.every(({ claim_id: claim }) => claim === null),
    )
  /** Moves the clock on to this moment, which must not be over. */
  function goTo(time: Date): void {
    const ms = time.getTime() - desk.clock.now().getTime()
    assert.ok(ms >= 0, `${time.toISOString()} is over`)
    desk.clock.advance(ms)
  }
  /** The sweep over all open tickets has been made. */
  async function reviewed(): Promise<void> {
    await eventually(
      async () =>
        await desk.db.selectFrom('timers').select('kind').where('kind', '=', 'ticket.clocks').execute(),
      (left) => left.length === 0,
    )
  }

  it('D8 the hours, the holidays of this year and the next, and policies are there from the start', async () => {
    const hours = await must('GET', HOURS, undefined, desk.agent)
    assert.equal(hours.zone, 'Asia/Jakarta')
    assert.deepEqual(hours.hours.friday, [
      { from: '08:00', to: '12:00' },
      { from: '13:00', to: '17:00' },
    ])
    assert.deepEqual(hours.hours.sunday, [])
    const daysOf = async (year: number, kind: string): Promise<string[]> => {
      const { data } = await must('GET', `${HOLIDAYS}?year=${year}`)
      return data
        .filter((each: { kind: string }) => each.kind === kind)
        .map(({ day }: { day: string }) => day)
    }
    const national = [await daysOf(2026, 'national'), await daysOf(2027, 'national')]
    assert.deepEqual(
      national.map(({ length }) => length),
      [17, 18],
    )
    assert.ok(national.every((days, index) => days.includes(`${2026 + index}-08-17`)))
    assert.equal((await daysOf(2026, 'joint_leave')).length, 8)
    assert.deepEqual(await daysOf(2027, 'joint_leave'), [
      '2027-02-05',
      '2027-03-09',
      '2027-03-12',
      '2027-03-15',
      '2027-03-25',
      '2027-05-18',
      '2027-05-19',
      '2027-12-24',
    ])
    const { data } = await must('GET', POLICIES, undefined, desk.agent)
    assert.equal(data.length, 6)
  })

  it('D8 a policy is made, read, changed under its version and deleted, and there is one for each pair', async () => {
    const body = { name: 'Kasir', priority_id: 4, category_id: 77, resolution_minutes: 90 }
    const made = await must('POST', POLICIES, body)
    assert.deepEqual(
      [made.first_response_minutes, made.resolution_minutes, made.warn_percent, made.version],
      [null, 90, 80, 1],
    )
    const token = await tokenOf(desk.administrator)
    const twice = await desk.ask('POST', POLICIES, { token, body })
    assert.deepEqual([twice.status, twice.body.code], [409, 'sla_policy_taken'])
    const url = `${POLICIES}/${made.id}`
    const changed = await must('PUT', url, { first_response_minutes: 15 })
    assert.deepEqual(
      [changed.first_response_minutes, changed.resolution_minutes, changed.version],
      [15, 90, 2],
    )
    const stale = await desk.ask('PUT', url, { token, body: { name: 'X' }, headers: { 'if-match': '"1"' } })
    assert.equal(stale.status, 412)
    const agent = await tokenOf(desk.agent)
    assert.equal((await desk.ask('PUT', url, { token: agent, body: { name: 'X' } })).status, 403)
    const customer = await tokenOf(desk.customer)
    assert.equal((await desk.ask('GET', url, { token: customer })).status, 403)
    assert.equal((await desk.ask('DELETE', url, { token })).status, 204)
    assert.equal((await desk.ask('GET', url, { token })).status, 404)
    const events = await desk.db
      .selectFrom('outbox')
      .select(['type', 'record_version'])
      .where('subject', '=', `sla_policy/${made.id}`)
      .orderBy('record_version')
      .execute()
    assert.deepEqual(
      events.map((event) => [event.type, event.record_version]),
      [
        ['sla_policy.created', 1],
        ['sla_policy.updated', 2],
        ['sla_policy.deleted', 3],
      ],
    )
  })

  it('D8 refuses hours that overlap, end before they begin, or are none at all', async () => {
    const none = {
      monday: [],
      tuesday: [],
      wednesday: [],
      thursday: [],
      friday: [],
      saturday: [],
      sunday: [],
    }
    const token = await tokenOf(desk.administrator)
    for (const monday of [
      [],
      [{ from: '09:00', to: '09:00' }],
      [
        { from: '08:00', to: '12:00' },
        { from: '11:59', to: '13:00' },
      ],
      [{ from: '24:00', to: '24:00' }],
      [{ from: '9:00', to: '10:00' }],
    ]) {
      const answer = await desk.ask('PUT', HOURS, { token, body: { hours: { ...none, monday } } })
      assert.equal(answer.status, 400, JSON.stringify(monday))
    }
    const before = await must('GET', HOURS)
    const kept = await must('PUT', HOURS, { hours: before.hours })
    assert.deepEqual([kept.hours, kept.version], [before.hours, before.version + 1])
  })

  it('D8 Friday 16:00, eight hours, Monday a holiday, three hours waiting for the customer', async () => {
    const policy = await must('POST', POLICIES, {
      name: 'Delapan jam',
      category_id: 8,
      resolution_minutes: 480,
    })
    await must('PUT', `${HOLIDAYS}/2030-08-19`, { name: 'Cuti' })
    goTo(wib('2030-08-16T16:00'))
    const { id } = await open({ category_id: 8 })
    const first = await clocksOf(id)
    const [{ started_at: opened } = { started_at: new Date(0) }] = await spansOf(id)
    assert.equal(first.resolution.policy_id, policy.id)
    assert.equal(first.resolution.business_day, '2030-08-16')
    // Friday 1 h, Tuesday 7 h: 08-12 and 13-16.
    const late = opened.getTime() - wib('2030-08-16T16:00').getTime()
    assert.equal(first.resolution.due_at?.getTime(), wib('2030-08-20T16:00').getTime() + late)
    goTo(wib('2030-08-20T09:00'))
    await change(id, { status: 'pending', pending_reason: 'customer' })
    const paused = await clocksOf(id)
    assert.equal(paused.resolution.due_at, null)
    assert.ok(paused.resolution.paused_at)
    assert.deepEqual(await timersOf(id), [])
    assert.equal((await explain(id)).clocks[1].state, 'paused')
    goTo(wib('2030-08-20T12:00'))
    await change(id, { status: 'open', pending_reason: null })
    const { resolution } = await clocksOf(id)
    const spans = await spansOf(id)
    const pausedLate = (spans[1]?.started_at.getTime() ?? 0) - wib('2030-08-20T09:00').getTime()
    // Until nine 2 h, in the afternoon 4 h, on Wednesday 2 h more; what began a moment late ends so.
    assert.equal(resolution.due_at?.getTime(), wib('2030-08-21T10:00').getTime() + late - pausedLate)
    goTo(wib('2030-08-20T14:00'))
    const desks = await explain(id)
    const [, clock] = desks.clocks
    assert.equal(clock.due_at, resolution.due_at?.toISOString())
    assert.deepEqual([clock.state, clock.target_minutes, clock.policy.name], ['running', 480, 'Delapan jam'])
    const reasons = clock.intervals.map((each: { reason: string }) => each.reason)
    assert.deepEqual(reasons, [
      'counted',
      'outside_hours',
      'holiday',
      'outside_hours',
      'counted',
      'waiting_for_customer',
      'outside_hours',
      'counted',
    ])
    assert.equal(clock.intervals[2].holiday, 'Cuti')
    let reached = opened.toISOString()
    let [counted, uncounted] = [0, 0]
    for (const each of clock.intervals) {
      assert.equal(each.from, reached)
      reached = each.until
      if (each.counted) counted += each.duration_ms
      else uncounted += each.duration_ms
    }
    assert.equal(reached, desks.calculated_at)
    assert.deepEqual([clock.counted_ms, clock.uncounted_ms], [counted, uncounted])
    assert.equal(counted + uncounted, Date.parse(desks.calculated_at) - opened.getTime())
    assert.equal(clock.remaining_ms, 8 * HOUR_MS - counted)
    const theirs = await explain(id, desk.customer)
    assert.deepEqual(Object.keys(theirs.clocks[1]).toSorted(), [
      'breached_at',
      'due_at',
      'kind',
      'state',
      'stopped_at',
      'target_minutes',
    ])
    const token = await tokenOf(desk.stranger)
    assert.equal((await desk.ask('GET', `${TICKETS}/${id}/sla`, { token })).status, 404)
    await change(id, { status: 'solved', solved_at: desk.clock.now() })
  })

  it('D8 warns once and is breached once, and a response stops its clock', async () => {
    goTo(wib('2030-09-02T08:00'))
    const { id } = await open({ priority_id: 5 })
    const answered = await open({ priority_id: 5 })
    await change(answered.id, { status: 'open', responded_at: desk.clock.now() })
    assert.ok((await clocksOf(answered.id)).response.stopped_at)
    desk.clock.advance(25 * MINUTE_MS)
    await eventually(
      async () => await slaEventsOf(id, 'first_response'),
      (events) => events.length === 1,
    )
    assert.deepEqual(await slaEventsOf(id, 'first_response'), [['ticket.sla_warned', 1]])
    await atRest(id)
    desk.clock.advance(10 * MINUTE_MS)
    await eventually(
      async () => await slaEventsOf(id, 'first_response'),
      (events) => events.length === 2,
    )
    for (const each of [id, answered.id]) await atRest(each)
    goTo(wib('2030-09-02T16:30'))
    for (const each of [id, answered.id])
      await eventually(
        async () => await slaEventsOf(each, 'resolution'),
        (events) => events.length === 2,
      )
    const both = [
      ['ticket.sla_warned', 1],
      ['ticket.sla_breached', 2],
    ]
    assert.deepEqual(await slaEventsOf(id, 'first_response'), both)
    assert.deepEqual(await slaEventsOf(id, 'resolution'), both)
    assert.deepEqual(await slaEventsOf(answered.id, 'resolution'), both)
    assert.deepEqual(await slaEventsOf(answered.id, 'first_response'), [])
    await eventually(
      async () => await timersOf(id),
      (left) => left.length === 0,
    )
    const late = desk
      .logged()
      .split('\n')
      .filter((line) => line.includes('completed too late'))
    assert.deepEqual(
      late.filter((line) => line.includes('"ticket.clock"')),
      [],
    )
    const [response] = (await explain(id, desk.customer)).clocks
    assert.equal(response.state, 'breached')
    for (const each of [id, answered.id])
      await change(each, { status: 'solved', solved_at: desk.clock.now() })
  })

  it('D8 two sweeps at once, and one again after its end was lost, tell of it once', async () => {
    goTo(wib('2030-09-03T08:00'))
    const { id } = await open({ priority_id: 5 })
    const subject = `${id}/first_response`
    desk.clock.advance(31 * MINUTE_MS)
    const [kind] = createClockTimers(parts)
    assert.ok(kind)
    const fire = async () =>
      await kind.handle({ subject, dueAt: desk.clock.now(), attempt: 1, data: undefined }, async () => false)
    await Promise.all([fire(), fire(), fire()])
    await fire()
    assert.deepEqual(await slaEventsOf(id, 'first_response'), [
      ['ticket.sla_warned', 1],
      ['ticket.sla_breached', 2],
    ])
    await change(id, { status: 'cancelled' })
  })

  it('D8 a change of priority takes the other policy with the time that was used', async () => {
    goTo(wib('2030-09-04T08:00'))
    const { id } = await open({ priority_id: 1 })
    goTo(wib('2030-09-04T11:00'))
    await change(id, { priority_id: 4 })
    const { resolution } = await clocksOf(id)
    const [{ started_at: opened } = { started_at: new Date(0) }] = await spansOf(id)
    assert.equal(resolution.target_minutes, 480)
    const late = opened.getTime() - wib('2030-09-04T08:00').getTime()
    // Eight hours from eight o'clock end with the day, to the moment; what is later is on the next.
    const expected = late === 0 ? wib('2030-09-04T17:00') : new Date(wib('2030-09-05T08:00').getTime() + late)
    assert.equal(resolution.due_at?.getTime(), expected.getTime())
    await change(id, { status: 'solved', solved_at: desk.clock.now() })
    const { resolution: stopped } = await clocksOf(id)
    assert.deepEqual([stopped.due_at, stopped.breached_at], [null, null])
    assert.ok(Math.abs((stopped.used_ms ?? 0) - 3 * HOUR_MS) < 5 * MINUTE_MS)
    const left = await timersOf(id)
    assert.ok(left.every(({ subject }) => subject.endsWith('/first_response')))
    goTo(wib('2030-09-05T09:00'))
    await change(id, { status: 'open' })
    const again = (await clocksOf(id)).resolution
    assert.equal(again.stopped_at, null)
    const used = 8 * HOUR_MS - (stopped.used_ms ?? 0)
    const reopened = (await spansOf(id)).at(-1)?.started_at.getTime() ?? 0
    // Three hours before noon and two after it.
    assert.equal(again.due_at?.getTime(), reopened + used + HOUR_MS)
    await change(id, { status: 'cancelled' })
    assert.equal((await explain(id)).clocks[1].state, 'stopped')
  })

  it('D8 every event of a ticket tells what its clocks have still to come', async () => {
    goTo(wib('2030-09-05T10:00'))
    const targets = { first_response_minutes: 60, resolution_minutes: 240 }
    const policy = await must('POST', POLICIES, { name: 'Empat jam', category_id: 9, ...targets })
    const { id } = await open({ category_id: 9 })
    const url = `${TICKETS}/${id}`
    const told = async () => {
      const data: Deadlines = Object((await desk.eventsOf(id)).at(-1)?.data)
      const deadlines = [data.first_response_due_at, data.resolution_due_at] as const
      const clocks = await desk.deadlinesOf(id, { ...desk.agent, token: await tokenOf(desk.agent) })
      assert.deepEqual(deadlines, [clocks.first_response_due_at, clocks.resolution_due_at])
      return deadlines
    }
    const [firstDue, due] = await told()
    assert.ok(Date.parse(firstDue ?? '') < Date.parse(due ?? ''))
    await must('POST', `${url}/messages`, { text: 'Kami periksa.' }, desk.agent)
    assert.deepEqual(await told(), [null, due])
    await must('PATCH', url, { tags: ['pipa'] }, desk.agent)
    assert.deepEqual(await told(), [null, due])
    await must('PUT', `${url}/status`, { status: 'pending', pending_reason: 'customer' }, desk.agent)
    assert.deepEqual(await told(), [null, null])
    desk.clock.advance(10 * MINUTE_MS)
    await must('POST', `${url}/messages`, { text: 'Silakan.' }, desk.customer)
    const [none, later] = await told()
    assert.equal(none, null)
    assert.ok(Date.parse(later ?? '') - Date.parse(due ?? '') >= 10 * MINUTE_MS)

    // The ticket tells nothing of a deadline that moves with a policy; its clock does when it is late.
    await must('PUT', `${POLICIES}/${policy.id}`, { resolution_minutes: 30 })
    await reviewed()
    await atRest(id)
    desk.clock.advance(31 * MINUTE_MS)
    await eventually(
      async () => await slaEventsOf(id, 'resolution'),
      (events) => events.length === 2,
    )
    const { resolution } = await clocksOf(id)
    const logged = await desk.db
      .selectFrom('outbox')
      .select(['type', 'data'])
      .where((eb) =>
        eb.or([eb('subject', '=', `ticket/${id}`), eb('subject', 'like', `ticket_clock/${id}.%`)]),
      )
      .execute()
    for (const { type, data } of logged)
      assert.ok(ticketEventTypes.find((each) => each.type === type)?.matches(JSON.parse(data)), type)
    const late = logged.find(({ type }) => type === 'ticket.sla_breached')
    const { version, first_response_due_at: first, ...breach } = JSON.parse(late?.data ?? '{}')
    assert.deepEqual(
      [version, breach.status, breach.tags, first, breach.resolution_due_at, breach.due_at],
      [5, 'open', ['pipa'], null, resolution.due_at?.toISOString(), resolution.due_at?.toISOString()],
    )
    await change(id, { status: 'solved', solved_at: desk.clock.now() })
    assert.deepEqual(await told(), [null, null])
  })

  it('D8 a change of the holidays, the hours or a policy holds for the tickets that are open', async () => {
    goTo(wib('2030-09-06T15:00'))
    const { id } = await open({ priority_id: 4 })
    const dueDay = async () => {
      await reviewed()
      const { due_at: due } = (await clocksOf(id)).resolution
      return due === null ? null : parts.businessDays.dayOf(due)
    }
    assert.equal(await dueDay(), '2030-09-09')
    await must('PUT', `${HOLIDAYS}/2030-09-09`, { name: 'Libur kantor' })
    assert.equal(await dueDay(), '2030-09-10')
    await must('DELETE', `${HOLIDAYS}/2030-09-09`)
    assert.equal(await dueDay(), '2030-09-09')
    const { hours } = await must('GET', HOURS)
    await must('PUT', HOURS, { hours: { ...hours, saturday: [{ from: '08:00', to: '24:00' }] } })
    assert.equal(await dueDay(), '2030-09-07')
    await must('PUT', HOURS, { hours })
    assert.equal(await dueDay(), '2030-09-09')
    const { data } = await must('GET', POLICIES)
    const urgent = data.find((each: { priority_id: number | null }) => each.priority_id === 4)
    await must('PUT', `${POLICIES}/${urgent.id}`, { resolution_minutes: 60 })
    assert.equal(await dueDay(), '2030-09-06')
    await must('PUT', `${POLICIES}/${urgent.id}`, { resolution_minutes: null })
    assert.equal(await dueDay(), null)
    assert.equal((await explain(id)).clocks[1].state, 'no_target')
    const calendar = await desk.db
      .selectFrom('outbox')
      .select(['record_version', 'type'])
      .where('subject', 'like', 'business_calendar/%')
      .orderBy('record_version')
      .execute()
    const { version } = await must('GET', HOURS)
    assert.deepEqual(
      calendar.map(({ record_version: each }) => each),
      Array.from({ length: version }, (_each, index) => index + 1),
    )
  })
})
