import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach, type Place } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startTestApp } from '#tests/test-app'
import type { Task } from './schemas.ts'
import { NOBODY, startTestTasks, TASKS, type TestTasks } from './test-tasks.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

onEach(engines, 'the end of a task', (backend) => {
  let at: TestTasks
  let place: Place
  before(async () => {
    place = await backend.create()
    at = await startTestTasks({ ...backend, create: async () => place })
  })
  after(async () => await at.stop())

  const rowOf = async (id: string) =>
    await at.db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst()
  const typesOf = async (id: string) => (await at.eventsOf(id)).map(({ type }) => type)
  const timersOf = async (id: string) =>
    (await at.db.selectFrom('timers').select('kind').where('subject', '=', id).execute())
      .map(({ kind }) => kind)
      .toSorted()
  const told = async (id: string, type: string) =>
    await eventually(
      async () => await typesOf(id),
      (types) => types.includes(type),
    )
  const fromNow = (ms: number) => new Date(at.clock.now().getTime() + ms).toISOString()
  const extend = async (id: string, body: object, by = at.owner) =>
    await at.ask('POST', `${TASKS}/${id}/extend`, { token: by.token, body })
  /** One that has come to its end. */
  const expired = async (fields: object = {}): Promise<Task> => {
    const task = await at.openTask({ ttl_seconds: 60, warn_before_seconds: 0, ...fields })
    at.clock.advance(MINUTE_MS)
    await told(task.id, 'task.expired')
    return task
  }

  it('T3 marks an open task as expired at its end, once, and tells the whole of it', async () => {
    const task = await at.openTask({
      ttl_seconds: 60,
      warn_before_seconds: 30,
      labels: ['dapur'],
      checklist: [{ text: 'a', done: true }, 'b'],
    })
    assert.deepEqual(await timersOf(task.id), ['task.expiry', 'task.warning'])
    await at.change(task.id, { status: 'in_progress' })
    at.clock.advance(35_000)
    await told(task.id, 'task.expiring')
    assert.equal((await at.read(task.id)).status, 'in_progress')
    at.clock.advance(25_000)
    await told(task.id, 'task.expired')
    const after = await at.read(task.id)
    assert.deepEqual([after.status, after.progress, after.archived, after.version], ['expired', 50, false, 4])
    const row = await rowOf(task.id)
    assert.ok((row?.expired_at?.getTime() ?? 0) >= (row?.expires_at?.getTime() ?? Number.POSITIVE_INFINITY))
    const events = await at.eventsOf(task.id)
    assert.deepEqual(
      events.map(({ type, record_version: version }) => [type, version]),
      [
        ['task.created', 1],
        ['task.updated', 2],
        ['task.expiring', 3],
        ['task.expired', 4],
      ],
    )
    assert.deepEqual(events.at(-1)?.data, { task_id: task.id, ...after })
    assert.deepEqual(await timersOf(task.id), [])
  })

  it('T3 hides it, or removes it with what hangs on it, when that was asked for', async () => {
    const hidden = await at.openTask({ ttl_seconds: 60, on_expire: 'archive', labels: ['b'] })
    const removed = await at.openTask({ ttl_seconds: 60, on_expire: 'delete', labels: ['b', 'a'] })
    at.clock.advance(MINUTE_MS)
    await told(hidden.id, 'task.expired')
    await told(removed.id, 'task.deleted')
    assert.equal((await at.read(hidden.id)).archived, true)
    const listed = await at.ask('GET', TASKS, { token: at.owner.token })
    assert.ok(!listed.body.data.some(({ id }: Task) => id === hidden.id || id === removed.id))
    assert.equal((await at.ask('GET', `${TASKS}/${removed.id}`, { token: at.owner.token })).status, 404)
    const labels = await at.db
      .selectFrom('task_labels')
      .selectAll()
      .where('task_id', '=', removed.id)
      .execute()
    assert.deepEqual([labels, await timersOf(removed.id)], [[], []])
    const [, ...events] = (await at.eventsOf(removed.id)).filter(({ type }) => type !== 'task.expiring')
    assert.deepEqual(
      events.map(({ type }) => type),
      ['task.expired', 'task.deleted'],
    )
    for (const { data } of events) {
      const { status, labels: left } = JSON.parse(JSON.stringify(data))
      assert.deepEqual([status, left], ['expired', ['a', 'b']])
    }
  })

  it('T3 never ends what is done or cancelled, or has no end', async () => {
    const ids = []
    for (const status of ['done', 'cancelled']) {
      const { id } = await at.openTask({ ttl_seconds: 60, reminders: [{ at: fromNow(30_000) }] })
      await at.change(id, { status })
      assert.deepEqual(await timersOf(id), [])
      ids.push(id)
    }
    const { id: endless } = await at.openTask({ ttl_seconds: 60 })
    await at.change(endless, { expires_at: null })
    assert.deepEqual(await timersOf(endless), [])
    const last = await at.openTask({ ttl_seconds: 61 })
    at.clock.advance(MINUTE_MS + 1_000)
    await told(last.id, 'task.expired')
    for (const id of [...ids, endless])
      assert.ok((await typesOf(id)).every((type) => !['task.expired', 'task.reminded'].includes(type)))
    assert.equal((await at.read(endless)).status, 'open')
  })

  it('T3 lets the row decide, whatever its timers say', async () => {
    const later = await at.openTask({ expires_at: fromNow(2 * HOUR_MS) })
    const done = await at.openTask({ ttl_seconds: 60 })
    await at.change(done.id, { status: 'done' })
    const now = at.clock.now()
    const timer = { kind: 'task.expiry', attempt: 0, claim_id: null, data: null, last_error: null }
    await at.db
      .updateTable('timers')
      .set({ due_at: now, next_at: now })
      .where('subject', '=', later.id)
      .execute()
    await at.db
      .insertInto('timers')
      .values([done.id, NOBODY].map((subject) => ({ ...timer, subject, due_at: now, next_at: now })))
      .execute()
    const sentinel = await at.openTask({ ttl_seconds: 1, warn_before_seconds: 0 })
    at.clock.advance(1_000)
    await told(sentinel.id, 'task.expired')
    await eventually(
      async () => [...(await timersOf(done.id)), ...(await timersOf(NOBODY))],
      (left) => left.length === 0,
    )
    const moved = await eventually(
      async () =>
        await at.db
          .selectFrom('timers')
          .selectAll()
          .where('subject', '=', later.id)
          .orderBy('kind')
          .execute(),
      (timers) => timers.every(({ next_at: next }) => next > now),
    )
    assert.deepEqual(
      moved.map(({ kind }) => kind),
      ['task.expiry', 'task.warning'],
    )
    assert.equal(moved[0]?.due_at.toISOString(), later.expires_at)
    assert.deepEqual([(await at.read(later.id)).status, (await at.read(done.id)).status], ['open', 'done'])
  })

  it('T3 warns once, an hour ahead or a tenth of the time, or as long as was asked for', async () => {
    for (const [ttlSeconds, beforeSeconds, aheadMs] of [
      [100, null, 10_000],
      [36_000, null, HOUR_MS],
      [360_000, null, HOUR_MS],
      [100, 0, 0],
      [100, 30, 30_000],
      [100, 5_000, 100_000],
    ] as const) {
      const { id } = await at.openTask({ ttl_seconds: ttlSeconds, warn_before_seconds: beforeSeconds })
      const row = await rowOf(id)
      const ahead = (row?.expires_at?.getTime() ?? 0) - (row?.warn_at?.getTime() ?? 0)
      if (row?.warn_at !== null) assert.equal(ahead, aheadMs, `${ttlSeconds} ${beforeSeconds}`)
      else assert.equal(aheadMs, 100_000, 'only that one is due at once')
      await at.change(id, { status: 'cancelled' })
    }
    const { id } = await at.openTask({ ttl_seconds: 100 })
    at.clock.advance(90_000)
    await told(id, 'task.expiring')
    // What does not move the end is no reason to warn again.
    await at.change(id, { title: 'Lain', warn_before_seconds: 9 })
    assert.deepEqual(await timersOf(id), ['task.expiry'])
    const { expires_at: end } = await at.read(id)
    await at.change(id, { expires_at: end })
    assert.deepEqual(await timersOf(id), ['task.expiry'])
    // A new end is warned of anew.
    await at.change(id, { ttl_seconds: 200 })
    assert.deepEqual(await timersOf(id), ['task.expiry', 'task.warning'])
    at.clock.advance(191_000)
    const types = await eventually(
      async () => (await typesOf(id)).filter((type) => type === 'task.expiring'),
      (found) => found.length === 2,
    )
    assert.equal(types.length, 2)
  })

  it('T3 does not warn of an end that has come', async () => {
    const { id } = await at.openTask({ ttl_seconds: 100 })
    at.clock.advance(200_000)
    await told(id, 'task.expired')
    assert.deepEqual(await typesOf(id), ['task.created', 'task.expired'])
  })

  it('T1 reminds when it is time, marks what went out, and says so once', async () => {
    const { id } = await at.openTask({
      due_at: fromNow(HOUR_MS),
      reminders: [{ before_due_seconds: 600 }, { at: fromNow(10 * MINUTE_MS) }, { at: fromNow(601_000) }],
    })
    at.clock.advance(10 * MINUTE_MS + 2_000)
    await told(id, 'task.reminded')
    const sent = (await at.read(id)).reminders.map((reminder) => reminder.sent)
    assert.deepEqual([sent, await timersOf(id)], [[false, true, true], ['task.reminder']])
    at.clock.advance(40 * MINUTE_MS)
    const events = await eventually(
      async () => (await at.eventsOf(id)).filter(({ type }) => type === 'task.reminded'),
      (found) => found.length === 2,
    )
    assert.deepEqual(events.at(-1)?.data, { task_id: id, ...(await at.read(id)) })
    assert.deepEqual(await timersOf(id), [])
  })

  it('T3 gives more time in each of three ways, and to a task that has expired as well', async () => {
    const { id, expires_at: end } = await at.openTask({ ttl_seconds: 60 })
    const inMs = (ms: number) => new Date(Date.parse(end ?? '') + ms).toISOString()
    const answer = await extend(id, { by_seconds: 60 })
    assert.deepEqual([answer.status, answer.body.expires_at], [200, inMs(60_000)], answer.text)
    const moment = fromNow(5 * MINUTE_MS)
    assert.equal((await extend(id, { expires_at: moment }, at.owner)).body.expires_at, moment)
    const short = (await extend(id, { ttl_seconds: 30 })).body
    const leftMs = Date.parse(short.expires_at) - at.clock.now().getTime()
    assert.ok(leftMs <= 30_000 && leftMs > 20_000)

    for (const [fields, status] of [
      [{ on_expire: 'archive' }, 'open'],
      [{ on_expire: 'mark', assignee_id: at.helper.id }, 'open'],
    ] as const) {
      const over = await expired(fields)
      const by = 'assignee_id' in fields ? at.helper : at.owner
      const again = await extend(over.id, { by_seconds: 60 }, by)
      assert.equal(again.status, 200, again.text)
      const { status: now, archived, expired_at: expiredAt, expires_at: until } = again.body
      assert.deepEqual([now, archived, expiredAt], [status, false, null])
      assert.ok(Date.parse(until) > at.clock.now().getTime())
      at.clock.advance(MINUTE_MS)
      const types = await eventually(
        async () => (await typesOf(over.id)).filter((type) => type === 'task.expired'),
        (found) => found.length === 2,
      )
      assert.equal(types.length, 2)
    }

    const started = await at.openTask({ ttl_seconds: 60 })
    await at.change(started.id, { status: 'in_progress' })
    at.clock.advance(MINUTE_MS)
    await told(started.id, 'task.expired')
    assert.equal((await extend(started.id, { ttl_seconds: 60 })).body.status, 'in_progress')
  })

  it('T3 never comes after the last moment that can be named', async () => {
    const last = '2099-12-31T23:59:59.000Z'
    const ask = async (method: 'POST' | 'PATCH', path: string, body: object) =>
      await at.ask(method, `${TASKS}${path}`, { token: at.owner.token, body })
    const { id } = await at.openTask({ expires_at: last })
    const beyond = '2099-12-31T23:59:59-01:00'
    for (const [answer, pointer] of [
      [await extend(id, { by_seconds: 1 }), '/by_seconds'],
      [await extend(id, { by_seconds: 316_224_000 }), '/by_seconds'],
      [await extend(id, { expires_at: beyond }), '/expires_at'],
      [await ask('PATCH', `/${id}`, { expires_at: beyond }), '/expires_at'],
      [await ask('POST', '', { title: 'Nanti', expires_at: beyond }), '/expires_at'],
    ] as const) {
      assert.equal(answer.status, 400, answer.text)
      assert.deepEqual([answer.body.errors[0].pointer, answer.body.errors[0].code], [pointer, 'invalid'])
    }
    assert.deepEqual([(await at.read(id)).expires_at, (await at.read(id)).version], [last, 1])
  })

  it('T3 gives no more time to what is over, in no other way, and to nobody else', async () => {
    const { id } = await at.openTask({ ttl_seconds: 600 })
    for (const body of [
      {},
      { by_seconds: 5, ttl_seconds: 5 },
      { by_seconds: 0 },
      { expires_at: fromNow(-1_000) },
      { until: 'later' },
    ])
      assert.equal((await extend(id, body)).status, 400, JSON.stringify(body))
    assert.equal((await extend(id, { by_seconds: 5 }, at.stranger)).status, 404)
    const stale = await at.ask('POST', `${TASKS}/${id}/extend`, {
      token: at.owner.token,
      body: { by_seconds: 5 },
      headers: { 'if-match': '"77"' },
    })
    assert.equal(stale.status, 412)
    for (const status of ['done', 'cancelled']) {
      await at.change(id, { status })
      const answer = await extend(id, { by_seconds: 5 })
      assert.deepEqual(
        [answer.status, answer.body.code, answer.body.current_status],
        [409, 'task_not_extendable', status],
      )
      await at.change(id, { status: 'open' })
    }
    assert.equal((await at.read(id)).version, 5)
  })

  it('T3 is brought about by its owner alone where the task is removed at it', async () => {
    const open = async (fields: object) =>
      (await at.openTask({ assignee_id: at.helper.id, ttl_seconds: 600, ...fields })).id
    const [kept, removed] = [await open({}), await open({ on_expire: 'delete' })]
    const endless = await open({ on_expire: 'delete', ttl_seconds: null })
    const by = at.helper
    const patch = async (path: string, body: object) =>
      await at.ask('PATCH', `${TASKS}/${path}`, { token: by.token, body })
    const record = { kind: 'order', id: NOBODY, inherits: 'expires_at' }
    for (const answer of [
      await patch(kept, { on_expire: 'delete' }),
      await patch(kept, { on_expire: 'delete', ttl_seconds: 1 }),
      await patch('bulk', { ids: [kept], change: { on_expire: 'delete', expires_at: null } }),
      await patch(removed, { ttl_seconds: 1 }),
      await patch(removed, { expires_at: fromNow(1_000), on_expire: 'delete' }),
      await patch(removed, { record }),
      await patch('bulk', { ids: [removed], change: { ttl_seconds: 1 } }),
      await patch(endless, { ttl_seconds: 600 }),
      await extend(removed, { ttl_seconds: 1 }, by),
      await extend(removed, { expires_at: fromNow(1_000) }, by),
      await extend(endless, { by_seconds: 600 }, by),
    ])
      assert.deepEqual([answer.status, answer.body.code], [403, 'deleted_by_owner'], answer.text)
    assert.equal((await extend(removed, { by_seconds: 60 }, by)).status, 200)
    const later = await at.change(removed, { ttl_seconds: 6_000, on_expire: 'delete', title: 'Lain' }, by)
    assert.equal((await at.change(removed, { expires_at: later.expires_at }, by)).title, 'Lain')
    assert.equal((await at.change(endless, { on_expire: 'mark', ttl_seconds: 600 }, by)).on_expire, 'mark')
    assert.equal((await at.change(kept, { ttl_seconds: 60 }, by)).on_expire, 'mark')
    assert.equal((await extend(removed, { ttl_seconds: 60 })).status, 200)
    assert.equal((await at.change(kept, { on_expire: 'delete' }, at.administrator)).on_expire, 'delete')
  })

  it('T3 takes nothing up again past its end, unless a new one comes with it', async () => {
    const { id } = await at.openTask({ ttl_seconds: 60, warn_before_seconds: 0 })
    await at.change(id, { status: 'done' })
    at.clock.advance(2 * MINUTE_MS)
    const body = { status: 'open' }
    const answer = await at.ask('PATCH', `${TASKS}/${id}`, { token: at.owner.token, body })
    assert.deepEqual([answer.status, answer.body.code], [409, 'end_has_passed'], answer.text)
    const again = await at.change(id, { ...body, ttl_seconds: 60 })
    assert.equal(again.status, 'open')
    at.clock.advance(MINUTE_MS)
    await told(id, 'task.expired')
    // A change that leaves the end alone leaves it expired; a new end, or none, has it go on.
    assert.equal((await at.change(id, { title: 'Lain', warn_before_seconds: 30 })).status, 'expired')
    const refused = await at.ask('PATCH', `${TASKS}/${id}`, {
      token: at.owner.token,
      body: { status: 'done' },
    })
    assert.equal(refused.status, 409)
    const revived = await at.change(id, { ttl_seconds: 60, status: 'in_progress' })
    assert.deepEqual([revived.status, revived.expired_at], ['in_progress', null])
    at.clock.advance(MINUTE_MS)
    await eventually(
      async () => (await at.read(id)).status,
      (status) => status === 'expired',
    )
    const endless = await at.change(id, { expires_at: null })
    assert.deepEqual([endless.status, endless.expires_at], ['in_progress', null])
    assert.deepEqual(await timersOf(id), [])
  })

  it('T3 moves with its end when that is changed, earlier or later', async () => {
    const sooner = await at.openTask({ ttl_seconds: 3_600, warn_before_seconds: 0 })
    const later = await at.openTask({ ttl_seconds: 60, warn_before_seconds: 0 })
    await at.change(sooner.id, { ttl_seconds: 60 })
    await at.change(later.id, { ttl_seconds: 3_600 })
    at.clock.advance(MINUTE_MS)
    await told(sooner.id, 'task.expired')
    assert.equal((await at.read(later.id)).status, 'open')
  })

  it('T3 ends each of many once with two servers on one database, a part of them while another holds their rows', async () => {
    const second = await startTestApp(
      { ...backend, create: async () => ({ ...place, remove: async () => {} }) },
      { clock: at.clock },
    )
    try {
      const ids: string[] = []
      for (let index = 0; index < 60; index += 1)
        ids.push(
          (
            await at.openTask({
              ttl_seconds: 60,
              warn_before_seconds: 0,
              on_expire: ['mark', 'archive', 'delete'][index % 3],
            })
          ).id,
        )
      at.clock.advance(MINUTE_MS)
      // Whoever changes one of them at this moment comes before or after its end.
      await Promise.all(
        ids
          .filter((_id, index) => index % 3 === 0)
          .map(
            async (id) =>
              await at.ask('PATCH', `${TASKS}/${id}`, { token: at.owner.token, body: { title: 'Lain' } }),
          ),
      )
      for (const id of ids) {
        const types = await told(id, 'task.expired')
        assert.equal(types.filter((type) => type === 'task.expired').length, 1)
        const versions = (await at.eventsOf(id)).map((event) => event.record_version)
        assert.deepEqual(
          versions,
          versions.map((_version, index) => index + 1),
        )
      }
    } finally {
      await second.stop()
    }
  })

  it('T3 ends at the next start what came to its end while no process was up', async () => {
    const { id } = await at.openTask({ ttl_seconds: 60 })
    const stays = { ...backend, create: async () => ({ ...place, remove: async () => {} }) }
    await at.app.stop()
    at.clock.advance(HOUR_MS)
    const next = await startTestApp(stays, { clock: at.clock })
    try {
      const types = await eventually(
        async () =>
          await next.db
            .withTables<{ outbox: { type: string; subject: string } }>()
            .selectFrom('outbox')
            .select('type')
            .where('subject', '=', `task/${id}`)
            .execute(),
        (found) => found.some(({ type }) => type === 'task.expired'),
      )
      assert.deepEqual(
        types.map(({ type }) => type),
        ['task.created', 'task.expired'],
      )
    } finally {
      await next.stop()
    }
  })
})
