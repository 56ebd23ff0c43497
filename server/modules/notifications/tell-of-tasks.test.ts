import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { EventEnvelope } from '#platform/events/envelope'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { orderEvent, startTestConsumer, type TestConsumer } from './test-consumer.ts'

type Told = {
  readonly type: string
  readonly actor?: string
  readonly version?: number
  readonly data?: object
}

onEach(engines, 'telling of tasks', (backend) => {
  let at: TestConsumer
  before(async () => {
    at = await startTestConsumer(backend)
  })
  after(async () => await at.remove())

  const someone = () => systemIds.next()
  /** As the tasks tell of it, with more in it than matters here. */
  function taskEvent({ type, actor, version = 1, data = {} }: Told): EventEnvelope {
    const { actorid: _actor, ...event } = orderEvent({ type })
    const taskId = systemIds.next()
    const task = {
      task_id: taskId,
      id: taskId,
      title: 'Bersihkan\nmesin',
      owner_id: someone(),
      assignee_id: null,
      expires_at: '2026-11-21T09:00:00.000Z',
      due_at: null,
      labels: [],
      ...data,
    }
    return {
      ...event,
      subject: `task/${task.task_id}`,
      recordversion: version,
      ...(actor === undefined ? {} : { actorid: actor }),
      data: task,
    }
  }
  async function toldOf({ subject }: EventEnvelope) {
    const rows = await at.db.selectFrom('notifications').selectAll().where('subject', '=', subject).execute()
    return rows.map(({ kind, user_id: userId }) => `${kind} to ${userId}`).toSorted()
  }

  it('T3 tells owner and assignee of what nobody has done, once however often the event comes', async () => {
    const { handle } = at.make()
    for (const type of ['task.expiring', 'task.expired', 'task.reminded']) {
      const [owner, assignee] = [someone(), someone()]
      const event = taskEvent({ type, data: { owner_id: owner, assignee_id: assignee } })
      await handle(event)
      await handle(event)
      await handle({ ...event, id: systemIds.next() })
      assert.deepEqual(await toldOf(event), [owner, assignee].map((id) => `${type} to ${id}`).toSorted())
      const own = taskEvent({ type, data: { owner_id: owner, assignee_id: owner } })
      await handle(own)
      assert.deepEqual(await toldOf(own), [`${type} to ${owner}`])
      const alone = taskEvent({ type, actor: owner, data: { owner_id: owner } })
      await handle(alone)
      assert.deepEqual(await toldOf(alone), [], 'whoever did it knows')
    }
  })

  it('T3 reminds again of the same task', async () => {
    const { handle } = at.make()
    const event = taskEvent({ type: 'task.reminded', version: 2 })
    await handle(event)
    await handle({ ...event, id: systemIds.next(), recordversion: 3 })
    assert.equal((await toldOf(event)).length, 2)
  })

  it('T1 tells whoever is given a task, unless they took it themselves', async () => {
    const { handle } = at.make()
    const [owner, assignee] = [someone(), someone()]
    const people = { owner_id: owner, assignee_id: assignee }
    const given = [`task.assigned to ${assignee}`]
    for (const [told, expected] of [
      [{ type: 'task.created', actor: owner, data: people }, given],
      [{ type: 'task.created', actor: owner, data: { owner_id: owner } }, []],
      [{ type: 'task.created', actor: owner, data: { owner_id: owner, assignee_id: owner } }, []],
      [{ type: 'task.updated', actor: owner, data: people }, []],
      [{ type: 'task.updated', actor: owner, data: { ...people, previous_assignee_id: null } }, given],
      [{ type: 'task.updated', actor: assignee, data: { ...people, previous_assignee_id: null } }, []],
      [{ type: 'task.updated', actor: owner, data: { owner_id: owner, previous_assignee_id: assignee } }, []],
    ] as const) {
      const event = taskEvent(told)
      await handle(event)
      assert.deepEqual(await toldOf(event), expected, JSON.stringify(told))
    }
  })

  it('T3 says it in the language of whoever reads it, on one line, and tells no old news', async () => {
    const { handle } = at.make()
    const reader = someone()
    await at.platform
      .withTables<{ people: Record<string, unknown> }>()
      .insertInto('people')
      .values({
        id: reader,
        name: 'Siti',
        email: 'siti@karya.test',
        name_key: 'siti',
        email_key: 'siti@karya.test',
        search_text: 'siti',
        role: 'customer',
        locale: 'id',
        version: 1,
        updated_at: at.clock.now(),
      })
      .execute()
    const event = taskEvent({ type: 'task.expiring', data: { owner_id: reader } })
    await handle(event)
    const [notice] = await at.db
      .selectFrom('notifications')
      .select(['title', 'body'])
      .where('user_id', '=', reader)
      .execute()
    assert.deepEqual(notice, {
      title: 'Tugas segera kedaluwarsa',
      body: 'Tugas “Bersihkan mesin” kedaluwarsa pada 21 November 2026 pukul 16.00.',
    })
    const old = taskEvent({ type: 'task.expired' })
    await handle({ ...old, time: new Date(at.clock.now().getTime() - 8 * 86_400_000).toISOString() })
    assert.deepEqual(await toldOf(old), [])
  })

  it('T3 refuses an event that does not tell of a task', async () => {
    const { handle } = at.make()
    const event = taskEvent({ type: 'task.expired' })
    await assert.rejects(handle({ ...event, data: { ...event.data, title: null } }), TypeError)
  })
})
