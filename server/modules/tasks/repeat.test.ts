import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Task } from './schemas.ts'
import { startTestTasks, TASKS, type TestTasks } from './test-tasks.ts'

const DAY_MS = 86_400_000

onEach(engines, 'tasks that repeat themselves', (backend) => {
  let at: TestTasks
  before(async () => {
    // The clocks there are set forward on 14 March 2027 at two o'clock.
    const environment = { BUSINESS_ZONE: 'America/New_York', ACCESS_TOKEN_TTL: '30d' }
    at = await startTestTasks(backend, { environment })
  })
  after(async () => await at.stop())

  const seriesOf = async (id: string): Promise<Task[]> => {
    const url = `${TASKS}?series_id=${id}&sort=created_at&limit=100`
    const both = ['', '&archived=true'].map(
      async (hidden) => await at.ask('GET', `${url}${hidden}`, { token: at.owner.token }),
    )
    return (await Promise.all(both))
      .flatMap(({ body }): Task[] => body.data)
      .toSorted((a, b) => a.occurrence - b.occurrence)
  }
  const last = async (id: string): Promise<Task> => {
    const task = (await seriesOf(id)).at(-1)
    assert.ok(task)
    return task
  }
  /** When the first one is due and those that follow it, each done as soon as it is there. */
  const duesOf = async (fields: object, most: number): Promise<(string | null)[]> => {
    const first = await at.openTask(fields)
    for (let step = 0; step < most; step += 1) await at.change((await last(first.id)).id, { status: 'done' })
    return (await seriesOf(first.id)).slice(0, most).map((task) => task.due_at)
  }

  it('T1 opens the next one when it is done, with all that belongs to it, begun anew', async () => {
    const first = await at.openTask({
      due_at: '2027-01-31T14:00:00.000Z',
      expires_at: '2027-02-01T14:00:00.000Z',
      on_expire: 'archive',
      warn_before_seconds: 600,
      description: 'Dengan sikat',
      priority: 'high',
      labels: ['dapur'],
      checklist: ['Lepas saringan', { text: 'Bilas', done: true }],
      reminders: [{ before_due_seconds: 600 }, { at: '2027-01-30T14:00:00.000Z' }],
      recurrence: { frequency: 'monthly', day: 31 },
      assignee_id: at.helper.id,
      progress: 30,
    })
    assert.deepEqual([first.series_id, first.occurrence], [first.id, 1])
    const done = await at.change(first.id, { status: 'done' }, at.helper)
    const next = await last(first.id)
    const { id, checklist, reminders, created_at: createdAt, updated_at: updatedAt, ...rest } = next
    const {
      id: _id,
      checklist: _checklist,
      reminders: _reminders,
      created_at: _created,
      updated_at: _updated,
      ...same
    } = first
    assert.deepEqual(rest, {
      ...same,
      due_at: '2027-02-28T14:00:00.000Z',
      expires_at: '2027-03-01T14:00:00.000Z',
      progress: 0,
      occurrence: 2,
    })
    assert.deepEqual(
      checklist.map(({ text, done: isDone }) => [text, isDone]),
      [
        ['Lepas saringan', false],
        ['Bilas', false],
      ],
    )
    assert.deepEqual(
      reminders.map(({ at: time, before_due_seconds: seconds, sent }) => [time, seconds, sent]),
      [
        [null, 600, false],
        ['2027-02-27T14:00:00.000Z', null, false],
      ],
    )
    assert.equal(createdAt, done.completed_at)
    assert.equal(updatedAt, createdAt)
    assert.deepEqual(await at.eventsOf(id), [
      { type: 'task.created', record_version: 1, data: { task_id: id, ...next } },
    ])
    const timers = await at.db.selectFrom('timers').select('kind').where('subject', '=', id).execute()
    assert.deepEqual(timers.map(({ kind }) => kind).toSorted(), [
      'task.expiry',
      'task.reminder',
      'task.warning',
    ])
    assert.equal((await at.read(id, at.helper)).id, id)
  })

  it('T1 has the days of the rule, by their dates', async () => {
    const noon = (days: string) => days.split(' ').map((day) => `${day}T17:00:00.000Z`)
    for (const [rule, days] of [
      [{ frequency: 'monthly', day: 31 }, '2027-12-31 2028-01-31 2028-02-29'],
      [{ frequency: 'monthly', day: 'last' }, '2028-01-31 2028-02-29'],
      [
        { frequency: 'monthly', nth_weekday: { nth: 2, weekday: 'tuesday' } },
        '2026-12-08 2027-01-12 2027-02-09',
      ],
      [{ frequency: 'weekly', every: 2, weekdays: ['monday', 'friday'] }, '2026-12-07 2026-12-11 2026-12-21'],
      [{ frequency: 'daily', every: 3 }, '2026-12-29 2027-01-01 2027-01-04'],
    ] as const) {
      const due = noon(days)
      assert.deepEqual(await duesOf({ due_at: due[0], recurrence: rule }, due.length), due)
    }
  })

  it('T1 moves the end of a task no further than can be named', async () => {
    const first = await at.openTask({
      due_at: '2027-03-01T12:00:00.000Z',
      expires_at: '2099-12-31T12:00:00.000Z',
      recurrence: { frequency: 'yearly', every: 10 },
    })
    await at.change(first.id, { status: 'done' })
    const next = await last(first.id)
    assert.deepEqual([next.due_at, next.expires_at], ['2037-03-01T12:00:00.000Z', '2099-12-31T23:59:59.999Z'])
    await at.change(next.id, { status: 'done' })
    const { id, expires_at: end, occurrence } = await last(first.id)
    assert.deepEqual([end, occurrence], ['2099-12-31T23:59:59.999Z', 3])
    assert.equal((await at.change(id, { expires_at: end, title: 'Lain' })).title, 'Lain')
  })

  it('T1 ends with the rule', async () => {
    for (const rule of [
      { frequency: 'weekly', count: 3 },
      { frequency: 'weekly', until: '2027-01-15' },
    ]) {
      const fields = { due_at: '2027-01-01T17:00:00Z', recurrence: rule }
      assert.deepEqual(await duesOf(fields, 4), [
        '2027-01-01T17:00:00.000Z',
        '2027-01-08T17:00:00.000Z',
        '2027-01-15T17:00:00.000Z',
      ])
    }
    const only = await at.openTask({
      due_at: '2027-01-01T17:00:00Z',
      recurrence: { frequency: 'daily', count: 1 },
    })
    await at.change(only.id, { status: 'done' })
    assert.equal((await seriesOf(only.id)).length, 1)
  })

  it('T1 keeps the time of day when the clocks are set forward, also after a day without it', async () => {
    assert.deepEqual(
      await duesOf({ due_at: '2027-03-07T07:30:00.000Z', recurrence: { frequency: 'weekly' } }, 3),
      ['2027-03-07T07:30:00.000Z', '2027-03-14T07:30:00.000Z', '2027-03-21T06:30:00.000Z'],
    )
  })

  it('T1 counts from the day on which it was done, where that is wished', async () => {
    const dueAt = new Date(at.clock.now().getTime() - 10 * DAY_MS)
    const first = await at.openTask({
      due_at: dueAt.toISOString(),
      recurrence: { frequency: 'daily', every: 3 },
      repeat_from: 'completion',
    })
    const done = await at.change(first.id, { status: 'done' })
    const days = (time: string | null) => {
      const zone = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York', dateStyle: 'short' })
      return Date.parse(zone.format(new Date(time ?? ''))) / DAY_MS
    }
    assert.equal(days((await last(first.id)).due_at) - days(done.completed_at), 3)
  })

  it('T1 opens one next one, however often and by how many at once it is done', async () => {
    const { id } = await at.openTask({
      due_at: '2027-01-01T17:00:00Z',
      recurrence: { frequency: 'daily' },
      assignee_id: at.helper.id,
    })
    const both = [at.owner, at.helper, at.owner, at.helper].map(
      async (by) => await at.change(id, { status: 'done' }, by),
    )
    await Promise.all(both)
    assert.equal((await seriesOf(id)).length, 2)
    await at.change(id, { status: 'open' })
    await at.change(id, { status: 'done' })
    assert.equal((await seriesOf(id)).length, 2)
    const second = await last(id)
    await at.change(second.id, { status: 'done' })
    await at.ask('DELETE', `${TASKS}/${second.id}`, { token: at.owner.token })
    await at.change(id, { status: 'open' })
    await at.change(id, { status: 'done' })
    assert.deepEqual(
      (await seriesOf(id)).map(({ occurrence }) => occurrence),
      [1, 3],
    )
  })

  it('T1 opens none when it is cancelled, deleted, or does not repeat itself any more', async () => {
    const fields = { due_at: '2027-01-01T17:00:00Z', recurrence: { frequency: 'daily' } }
    const cancelled = await at.openTask(fields)
    await at.change(cancelled.id, { status: 'cancelled' })
    assert.equal((await seriesOf(cancelled.id)).length, 1)
    const deleted = await at.openTask(fields)
    await at.ask('DELETE', `${TASKS}/${deleted.id}`, { token: at.owner.token })
    assert.equal((await seriesOf(deleted.id)).length, 0)
    const cleared = await at.openTask(fields)
    assert.equal((await at.change(cleared.id, { recurrence: null })).recurrence, null)
    await at.change(cleared.id, { status: 'done' })
    assert.equal((await seriesOf(cleared.id)).length, 1)
  })

  it('T1 repeats from the moment on that it is told to, and with another rule from then on', async () => {
    const { id } = await at.openTask({ due_at: '2027-01-01T17:00:00Z' })
    const told = await at.change(id, { recurrence: { frequency: 'daily' } })
    assert.deepEqual([told.series_id, told.repeat_from], [id, 'due'])
    await at.change(id, { status: 'done' })
    const second = await last(id)
    assert.equal(second.due_at, '2027-01-02T17:00:00.000Z')
    await at.change(second.id, {
      due_at: '2027-01-09T18:00:00Z',
      recurrence: { frequency: 'weekly' },
    })
    await at.change(second.id, { status: 'done' })
    assert.equal((await last(id)).due_at, '2027-01-16T18:00:00.000Z')
  })

  it('T1 opens the next one also where one expires, hidden or removed, which is not over when it begins', async () => {
    for (const onExpire of ['mark', 'archive', 'delete'] as const) {
      const start = at.clock.now().getTime()
      const first = await at.openTask({
        due_at: new Date(start + 60_000).toISOString(),
        expires_at: new Date(start + 120_000).toISOString(),
        on_expire: onExpire,
        labels: ['dapur'],
        recurrence: { frequency: 'daily' },
      })
      at.clock.advance(3 * DAY_MS)
      const series = await eventually(
        async () => await seriesOf(first.id),
        (tasks) => tasks.some(({ occurrence }) => occurrence === 2),
      )
      assert.equal(series.length, onExpire === 'delete' ? 1 : 2)
      const next = await last(first.id)
      assert.ok(Date.parse(next.expires_at ?? '') > at.clock.now().getTime())
      assert.ok(Date.parse(next.expires_at ?? '') <= at.clock.now().getTime() + DAY_MS + 3_600_000)
      assert.deepEqual([next.status, next.labels, next.archived], ['open', ['dapur'], false])
      await at.ask('DELETE', `${TASKS}/${next.id}`, { token: at.owner.token })
    }
  })
})
