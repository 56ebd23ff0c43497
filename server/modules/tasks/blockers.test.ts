import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import fc from 'fast-check'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { listBlockers, listWaiting, lockTasks } from './blocker-queries.ts'
import type { Task } from './schemas.ts'
import { NOBODY, startTestTasks, TASKS, type TestTasks } from './test-tasks.ts'

/** How many histories: `TEST_BLOCKER_RUNS=100`. */
const RUNS = Number(process.env['TEST_BLOCKER_RUNS'] ?? 8)

onEach(engines, 'tasks that wait for others', (backend) => {
  let at: TestTasks
  before(async () => {
    at = await startTestTasks(backend)
  })
  after(async () => await at.stop())

  const patch = async (id: string, body: object, by = at.owner) =>
    await at.ask('PATCH', `${TASKS}/${id}`, { token: by.token, body })
  const blockedBy = async (...ids: string[]): Promise<Task> => await at.openTask({ blocked_by_ids: ids })
  const typesOf = async (id: string) => (await at.eventsOf(id)).map(({ type }) => type)

  it('T2 cannot be done before what they wait for, and say what that is', async () => {
    const hidden = await at.openTask({}, at.stranger)
    const [first, second] = [await at.openTask(), await at.openTask()]
    const task = await at.openTask({ blocked_by_ids: [second.id, first.id], assignee_id: at.helper.id })
    assert.deepEqual(task.blocked_by_ids, [first.id, second.id].toSorted())
    await at.db.insertInto('task_blockers').values({ task_id: task.id, blocked_by_id: hidden.id }).execute()
    const refused = await patch(task.id, { status: 'done' })
    assert.deepEqual(
      [refused.status, refused.body.code, refused.body.blocked_by_ids, refused.body.open_blockers],
      [409, 'task_blocked', [first.id, second.id].toSorted(), 3],
    )
    const toHelper = await patch(task.id, { status: 'done' }, at.helper)
    assert.deepEqual([toHelper.body.blocked_by_ids, toHelper.body.open_blockers], [[], 3])
    assert.equal((await at.read(task.id)).version, task.version)
    assert.equal((await at.change(task.id, { status: 'in_progress' })).status, 'in_progress')

    await at.change(first.id, { status: 'done' })
    assert.equal((await patch(task.id, { status: 'done' })).body.open_blockers, 2)
    await at.change(second.id, { status: 'cancelled' })
    assert.equal((await patch(task.id, { status: 'done' })).body.open_blockers, 1)
    await at.ask('DELETE', `${TASKS}/${hidden.id}`, { token: at.stranger.token })
    assert.equal((await at.change(task.id, { status: 'done' })).status, 'done')
  })

  it('T4 tell when they wait for nothing any more, whatever has become of it', async () => {
    for (const ending of ['done', 'cancelled', 'deleted', 'expired'] as const) {
      const one = await at.openTask(ending === 'expired' ? { ttl_seconds: 60, on_expire: 'delete' } : {})
      const other = await at.openTask()
      const task = await blockedBy(one.id, other.id)
      await at.change(other.id, { status: 'done' })
      assert.deepEqual(await typesOf(task.id), ['task.created'])
      if (ending === 'deleted') await at.ask('DELETE', `${TASKS}/${one.id}`, { token: at.owner.token })
      else if (ending === 'expired') at.clock.advance(60_000)
      else await at.change(one.id, { status: ending })
      await eventually(
        async () => (await typesOf(task.id)).join(),
        (types) => types === 'task.created,task.updated',
      )
      assert.equal((await at.change(task.id, { status: 'done' })).version, 3)
    }
  })

  it('T1 name only what the caller may see, and keep what they named', async () => {
    const others = await at.openTask({}, at.stranger)
    for (const id of [NOBODY, others.id]) {
      const answers = [
        await at.ask('POST', TASKS, {
          token: at.owner.token,
          body: { title: 'x', blocked_by_ids: [id] },
        }),
        await patch((await at.openTask()).id, { blocked_by_ids: [id] }),
      ]
      for (const { status, body } of answers)
        assert.deepEqual(
          [status, body.errors[0].pointer, body.errors[0].code],
          [400, '/blocked_by_ids/0', 'unknown_task'],
        )
    }
    const first = await at.openTask()
    const task = await blockedBy(first.id)
    await at.ask('DELETE', `${TASKS}/${first.id}`, { token: at.owner.token })
    const second = await at.openTask()
    const both = await at.change(task.id, { blocked_by_ids: [second.id, first.id] })
    assert.deepEqual(both.blocked_by_ids, [first.id, second.id].toSorted())
    assert.equal((await at.change(task.id, { blocked_by_ids: [] })).blocked_by_ids.length, 0)
    assert.equal((await at.change(task.id, { blocked_by_ids: [] })).version, both.version + 1)
  })

  it('T1 never wait for one that waits for them, be it over others', async () => {
    const first = await at.openTask()
    const second = await blockedBy(first.id)
    const third = await blockedBy(second.id)
    for (const id of [first.id, second.id, third.id]) {
      const { status, body } = await patch(first.id, { blocked_by_ids: [id] })
      assert.deepEqual([status, body.code], [409, 'blocked_in_a_circle'])
    }
    assert.deepEqual((await at.read(first.id)).blocked_by_ids, [])
    assert.deepEqual((await at.change(third.id, { blocked_by_ids: [first.id] })).blocked_by_ids, [first.id])
  })

  it('T1 are a hundred open ones for one task at most', async () => {
    const first = await at.openTask()
    const { token } = at.owner
    const waiting = { title: 'Menunggu', blocked_by_ids: [first.id] }
    const tasks = Array.from({ length: 100 }, () => waiting)
    const many = await at.ask('POST', `${TASKS}/bulk`, { token, body: { tasks } })
    assert.equal(many.status, 201, many.text)
    const [{ id }] = many.body.data
    const other = await at.openTask()
    const isRefused = async (answer: ReturnType<typeof patch>) => {
      const { status, body, text } = await answer
      assert.deepEqual([status, body.code, body.blocked_by_ids], [409, 'too_many_waiting', [first.id]], text)
    }
    await isRefused(at.ask('POST', TASKS, { token, body: waiting }))
    await isRefused(patch(other.id, { blocked_by_ids: [first.id] }))
    await at.change(id, { blocked_by_ids: [first.id], title: 'Masih menunggu' })
    await at.change(id, { status: 'cancelled' })
    await at.change(other.id, { blocked_by_ids: [first.id] })
    await isRefused(patch(id, { status: 'open' }))
  })

  it('T1 are found and locked however many they are', async () => {
    const first = await at.openTask()
    const { id } = await blockedBy(first.id)
    const ids = [first.id, id, ...Array.from({ length: 70_000 }, () => systemIds.next())]
    await at.db.transaction().execute(async (trx) => {
      await lockTasks(trx, ids)
      assert.deepEqual([await listWaiting(trx, ids), await listBlockers(trx, ids)], [[id], [first.id]])
    })
  })

  it('T1 of two that are to wait for each other at the same instant, one does', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, other] = [await at.openTask(), await at.openTask()]
      const answers = await Promise.all([
        patch(one.id, { blocked_by_ids: [other.id] }),
        patch(other.id, { blocked_by_ids: [one.id] }),
      ])
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409])
    }
  })

  it('T1 of those that would close a circle together, on tasks of their own, one is refused', async () => {
    for (let round = 0; round < 5; round += 1) {
      const ends = await Promise.all(Array.from({ length: 3 }, async () => (await at.openTask()).id))
      const pairs = await Promise.all(ends.map(async (end) => ({ end, start: (await blockedBy(end)).id })))
      const answers = await Promise.all(
        pairs.map(async ({ end }, index) => {
          const next = pairs[(index + 1) % pairs.length]
          return await patch(end, { blocked_by_ids: [next?.start ?? ''] })
        }),
      )
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 200, 409])
    }
  })

  it('T1 never make a circle of any length, whoever says what waits for what at once', async () => {
    const edit = fc.record({
      task: fc.nat(5),
      blockers: fc.uniqueArray(fc.nat(5), { maxLength: 3 }),
      isEnding: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 6, maxLength: 12 }), async (edits) => {
        const ids = await Promise.all(Array.from({ length: 6 }, async () => (await at.openTask()).id))
        const answers = await Promise.all(
          edits.map(async ({ task, blockers, isEnding }) => {
            const body = isEnding
              ? { status: 'done' }
              : { blocked_by_ids: blockers.map((index) => ids[index] ?? '') }
            return await patch(ids[task] ?? '', body)
          }),
        )
        for (const { status, text } of answers) assert.ok(status === 200 || status === 409, text)
        const rows = await at.db.selectFrom('task_blockers').selectAll().where('task_id', 'in', ids).execute()
        assert.deepEqual(leftInCircles(rows.map((row) => [row.task_id, row.blocked_by_id])), [])
        for (const id of ids) {
          const versions = (await at.eventsOf(id)).map((event) => event.record_version)
          assert.deepEqual(
            versions,
            versions.map((_version, index) => index + 1),
          )
        }
      }),
      { numRuns: RUNS },
    )
  })
})

/** What is left of the links when those are taken away, again and again, for which nothing waits. */
function leftInCircles(
  links: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  const awaited = new Set(links.map(([, blocker]) => blocker))
  const left = links.filter(([task]) => awaited.has(task))
  return left.length === links.length ? left : leftInCircles(left)
}
