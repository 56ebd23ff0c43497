import assert from 'node:assert/strict'
import type { Kysely } from 'kysely'
import type { Backend } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type Answer, type Person, startTestApp, type TestApp } from '#tests/test-app'
import type { Task } from './schemas.ts'
import type { TaskTables } from './table.ts'

type Told = { readonly type: string; readonly record_version: number; readonly data: unknown }

/** A well-formed id that nothing has. */
export const NOBODY = '01890000-0000-7000-8000-000000000000'
export const TASKS = '/api/v1/tasks'

export type TestTasks = Omit<TestApp, 'db'> & {
  readonly db: Kysely<TaskTables>
  /** Whose tasks they are unless somebody else is named. */
  readonly owner: Person
  /** Who is known here, so that tasks can be given to them. */
  readonly helper: Person
  /** Somebody who has nothing to do with any of them. */
  readonly stranger: Person
  readonly openTask: (fields?: object, by?: Person) => Promise<Task>
  /** Asks for a change, which must succeed. */
  readonly change: (id: string, body: object, by?: Person) => Promise<Task>
  readonly read: (id: string, by?: Person) => Promise<Task>
  /** Everything that was announced of a task, in the order of its versions. */
  readonly eventsOf: (id: string) => Promise<readonly Told[]>
}

/** For the tests of the tasks: a server with three people of whom its events have told. */
export async function startTestTasks(
  backend: Backend,
  { environment = {}, ...options }: Parameters<typeof startTestApp>[1] = {},
): Promise<TestTasks> {
  // The tests' clock goes on by hours.
  const app = await startTestApp(backend, {
    ...options,
    environment: { ACCESS_TOKEN_TTL: '1d', ...environment },
  })
  const db = app.db.withTables<TaskTables>()
  const owner = await app.enrol()
  const helper = await app.enrol('operator')
  const stranger = await app.enrol()
  await eventually(
    async () =>
      await db
        .withTables<{ people: { id: string } }>()
        .selectFrom('people')
        .select('id')
        .where('id', 'in', [owner.id, helper.id, stranger.id])
        .execute(),
    (known) => known.length === 3,
  )

  async function must(answer: Promise<Answer>): Promise<Task> {
    const { status, text, body } = await answer
    assert.ok(status < 300, text)
    return body
  }

  return {
    ...app,
    db,
    owner,
    helper,
    stranger,
    async openTask(fields = {}, by = owner) {
      const body = { title: 'Bersihkan mesin kopi', ...fields }
      return await must(app.ask('POST', TASKS, { token: by.token, body }))
    },
    async change(id, body, by = owner) {
      return await must(app.ask('PATCH', `${TASKS}/${id}`, { token: by.token, body }))
    },
    async read(id, by = owner) {
      return await must(app.ask('GET', `${TASKS}/${id}`, { token: by.token }))
    },
    async eventsOf(id) {
      const rows = await db
        .selectFrom('outbox')
        .select(['type', 'record_version', 'data'])
        .where('subject', '=', `task/${id}`)
        .orderBy('record_version')
        .execute()
      return rows.map((row) => ({ ...row, data: JSON.parse(row.data) }))
    },
  }
}
