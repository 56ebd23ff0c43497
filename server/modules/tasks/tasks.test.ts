import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { NOBODY, startTestTasks, TASKS, type TestTasks } from './test-tasks.ts'

onEach(engines, 'tasks', (backend) => {
  let at: TestTasks
  before(async () => {
    at = await startTestTasks(backend)
  })
  after(async () => await at.stop())

  it('T1 opens a task of the caller with everything that was said, and announces the whole of it', async () => {
    const dueAt = new Date(at.clock.now().getTime() + 7_200_000).toISOString()
    const task = await at.openTask({
      title: '  Bersihkan mesin kopi ',
      description: 'Dengan sikat',
      priority: 'high',
      due_at: dueAt,
      ttl_seconds: 86_400,
      on_expire: 'archive',
      labels: ['Dapur', 'dapur', 'Pagi'],
      checklist: ['Lepas saringan', { text: 'Bilas', done: true }],
      reminders: [{ before_due_seconds: 600 }],
      assignee_id: at.helper.id,
    })
    const { id, checklist, reminders, expires_at: expiresAt, created_at: createdAt, ...rest } = task
    assert.equal(Date.parse(expiresAt ?? '') - Date.parse(createdAt), 86_400_000)
    assert.deepEqual(
      checklist.map(({ text, done }) => [text, done]),
      [
        ['Lepas saringan', false],
        ['Bilas', true],
      ],
    )
    assert.deepEqual(
      reminders.map(({ before_due_seconds: before, sent }) => [before, sent]),
      [[600, false]],
    )
    assert.deepEqual(rest, {
      owner_id: at.owner.id,
      assignee_id: at.helper.id,
      title: 'Bersihkan mesin kopi',
      description: 'Dengan sikat',
      status: 'open',
      progress: 50,
      priority: 'high',
      due_at: dueAt,
      on_expire: 'archive',
      warn_before_seconds: null,
      labels: ['dapur', 'pagi'],
      recurrence: null,
      repeat_from: null,
      series_id: null,
      occurrence: 1,
      record: null,
      blocked_by_ids: [],
      archived: false,
      started_at: null,
      completed_at: null,
      expired_at: null,
      version: 1,
      updated_at: createdAt,
    })
    assert.deepEqual(await at.read(id), task)
    assert.deepEqual(await at.read(id, at.helper), task)
    assert.deepEqual(await at.eventsOf(id), [
      { type: 'task.created', record_version: 1, data: { task_id: id, ...task } },
    ])
  })

  it('T1 refuses what contradicts itself, and opens nothing', async () => {
    const { token } = at.owner
    const count = async () => (await at.db.selectFrom('tasks').select('id').execute()).length
    const before = await count()
    for (const [fields, pointer] of [
      [{ title: ' ' }, '/title'],
      [{ description: 'x'.repeat(20_001) }, '/description'],
      [{ checklist: ['x'.repeat(201)] }, '/checklist/0'],
      [{ expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
      // No clock of ours shows a leap second.
      [{ expires_at: '2030-12-31T23:59:60Z' }, '/expires_at'],
      [{ due_at: '2030-12-31T23:59:60Z' }, '/due_at'],
      [{ reminders: [{ at: '2030-12-31T23:59:60Z' }] }, '/reminders/0/at'],
      [{ expires_at: '2090-01-01T00:00:00Z', ttl_seconds: 5 }, '/ttl_seconds'],
      [{ ttl_seconds: 0 }, '/ttl_seconds'],
      [{ on_expire: 'explode' }, '/on_expire'],
      [{ reminders: [{}] }, '/reminders/0'],
      [{ reminders: [{ before_due_seconds: 5 }] }, '/reminders/0/before_due_seconds'],
      [{ recurrence: { frequency: 'daily' } }, '/recurrence'],
      [{ assignee_id: NOBODY }, '/assignee_id'],
      [{ status: 'done' }, '/status'],
    ] as const) {
      const body = { title: 'Bersihkan', ...fields }
      const answer = await at.ask('POST', TASKS, { token, body })
      assert.equal(answer.status, 400, answer.text)
      assert.ok(
        answer.body.errors.some((each: { pointer: string }) => each.pointer.startsWith(pointer)),
        answer.text,
      )
    }
    assert.equal(await count(), before)
  })

  it('T2 goes through its life, progress included, and says where it may go instead', async () => {
    const { id } = await at.openTask({ checklist: ['a', 'b', 'c'] })
    assert.equal((await at.change(id, { status: 'in_progress' })).progress, 0)
    assert.equal((await at.change(id, { progress: 40 })).progress, 40)
    assert.equal((await at.change(id, { progress: null })).progress, 0)
    const done = await at.change(id, { status: 'done' })
    assert.deepEqual([done.progress, done.completed_at === null], [100, false])
    const answer = await at.ask('PATCH', `${TASKS}/${id}`, {
      token: at.owner.token,
      body: { status: 'cancelled' },
    })
    assert.deepEqual(
      [answer.status, answer.body.allowed_transitions],
      [409, ['open', 'in_progress']],
      answer.text,
    )
    const again = await at.change(id, { status: 'open' })
    assert.deepEqual([again.progress, again.completed_at], [0, null])
    assert.deepEqual(
      (await at.eventsOf(id)).map(({ type }) => type),
      ['created', 'updated', 'updated', 'updated', 'completed', 'updated'].map((what) => `task.${what}`),
    )
  })

  it('T1 is nothing for strangers, and leaves a tombstone when its owner deletes it', async () => {
    const task = await at.openTask({ labels: ['dapur'], assignee_id: at.helper.id })
    const url = `${TASKS}/${task.id}`
    for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
      const request = { token: at.stranger.token, ...(method === 'PATCH' ? { body: { title: 'x' } } : {}) }
      assert.equal((await at.ask(method, url, request)).status, 404)
    }
    assert.equal((await at.ask('DELETE', url, { token: at.helper.token })).status, 403)
    assert.equal((await at.ask('DELETE', url, { token: at.owner.token })).status, 204)
    assert.equal((await at.ask('GET', url, { token: at.owner.token })).status, 404)
    const events = await at.eventsOf(task.id)
    assert.deepEqual(
      events.map(({ type, record_version: version }) => [type, version]),
      [
        ['task.created', 1],
        ['task.deleted', 2],
      ],
    )
  })
})
