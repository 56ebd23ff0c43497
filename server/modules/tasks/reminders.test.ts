import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startTestTasks, type TestTasks } from './test-tasks.ts'

const HOUR_MS = 3_600_000

onEach(engines, 'reminders of tasks', (backend) => {
  let at: TestTasks
  before(async () => {
    at = await startTestTasks(backend)
  })
  after(async () => await at.stop())

  const fromNow = (ms: number): string => new Date(at.clock.now().getTime() + ms).toISOString()
  const sentOf = async (id: string): Promise<boolean[]> =>
    (await at.read(id)).reminders.map(({ sent }) => sent)
  const hasTimer = async (id: string): Promise<boolean> => {
    const found = at.db.selectFrom('timers').select('kind').where('subject', '=', id)
    return (await found.where('kind', '=', 'task.reminder').execute()).length > 0
  }

  /** One whose reminder before its due time has gone out. */
  async function openReminded(more: readonly object[] = []) {
    const task = await at.openTask({
      due_at: fromNow(HOUR_MS),
      reminders: [{ before_due_seconds: 3_600 }, ...more],
    })
    await eventually(
      async () => await sentOf(task.id),
      ([first]) => first === true,
    )
    return task
  }

  it('T1 do not go out again where the due time is named and stays', async () => {
    const { id, due_at: dueAt } = await openReminded()
    const task = await at.change(id, { due_at: dueAt, title: 'Lain' })
    assert.deepEqual([task.reminders.map(({ sent }) => sent), await hasTimer(id)], [[true], false])
    const { version } = await at.change(id, { due_at: dueAt, reminders: [{ before_due_seconds: 3_600 }] })
    assert.equal(version, task.version, 'nothing is new')
  })

  it('T1 go out again where the due time moves, also where they are named with it', async () => {
    const moment = fromNow(-1_000)
    const reminders = [{ before_due_seconds: 3_600 }, { at: moment }]
    for (const named of [{}, { reminders }]) {
      const { id } = await openReminded([{ at: moment }])
      await at.change(id, { due_at: fromNow(10 * HOUR_MS), ...named })
      assert.deepEqual([await sentOf(id), await hasTimer(id)], [[false, true], true])
    }
  })

  it('T1 of the same time are one', async () => {
    const { id } = await at.openTask({
      due_at: fromNow(HOUR_MS),
      reminders: [{ before_due_seconds: 60 }, { before_due_seconds: 60 }, { at: '2090-01-01T00:00:00Z' }],
    })
    const { reminders } = await at.change(id, {
      reminders: [{ at: '2090-01-01T07:00:00+07:00' }, { at: '2090-01-01T00:00:00Z' }],
    })
    assert.equal(reminders.length, 1)
  })
})
