import assert from 'node:assert/strict'
import type { Kysely } from 'kysely'
import type { Backend } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type Answer, type Person, startTestApp, type TestApp } from '#tests/test-app'
import type { ProgressBody } from './log-schemas.ts'
import type { WorkOrder } from './schemas.ts'
import type { WorkOrderTables } from './table.ts'

type Report = Omit<ProgressBody, 'note'> & { readonly note?: string }
type Told = { readonly type: string; readonly record_version: number; readonly data: unknown }

/** A well-formed id that nothing has. */
export const NOBODY = '01890000-0000-7000-8000-000000000000'

export type TestFloor = Omit<TestApp, 'db'> & {
  readonly db: Kysely<WorkOrderTables>
  readonly manager: Person
  /** Who is assigned to every order of `startWork`. */
  readonly operator: Person
  /** Who is assigned to none. */
  readonly stranger: Person
  readonly openOrder: (fields?: object) => Promise<WorkOrder>
  /** An order in progress. */
  readonly startWork: (fields?: object) => Promise<WorkOrder>
  readonly move: (id: string, body: object, by?: Person) => Promise<WorkOrder>
  readonly read: (id: string) => Promise<WorkOrder>
  readonly report: (id: string, body?: Report, by?: Person) => Promise<Answer>
  /** What was announced of a subject, in the order of its versions. */
  readonly eventsOf: (subject: string) => Promise<readonly Told[]>
}

/** For the tests of the work orders: a server with a manager, and an operator whom its events have told of. */
export async function startTestFloor(
  backend: Backend,
  options: Parameters<typeof startTestApp>[1] = {},
): Promise<TestFloor> {
  const app = await startTestApp(backend, options)
  const db = app.db.withTables<WorkOrderTables>()
  const manager = await app.enrol('production_manager')
  const operator = await app.enrol('operator')
  const stranger = await app.enrol('operator')

  async function must(answer: Promise<Answer>): Promise<WorkOrder> {
    const { status, text, body } = await answer
    assert.ok(status < 300, text)
    return body
  }

  async function openOrder(fields: object = {}): Promise<WorkOrder> {
    const deadline = new Date(app.clock.now().getTime() + 7 * 86_400_000).toISOString()
    const body = { product_name: 'Kursi', quantity: 10, deadline, operator_id: operator.id, ...fields }
    const made = await eventually(
      async () => await app.ask('POST', '/api/v1/workorders', { token: manager.token, body }),
      // The operator is known once the event of their registration has come round.
      ({ status }) => status === 201,
    )
    return made.body
  }

  async function move(id: string, body: object, by: Person = manager): Promise<WorkOrder> {
    return await must(app.ask('PUT', `/api/v1/workorders/${id}/status`, { token: by.token, body }))
  }

  return {
    ...app,
    db,
    manager,
    operator,
    stranger,
    openOrder,
    move,
    async startWork(fields = {}) {
      const { id } = await openOrder(fields)
      return await move(id, { status: 'in_progress' })
    },
    async read(id) {
      return await must(app.ask('GET', `/api/v1/workorders/${id}`, { token: manager.token }))
    },
    async report(id, body = {}, by = operator) {
      return await app.ask('POST', `/api/v1/workorders/${id}/progress`, {
        token: by.token,
        body: { note: 'Berjalan', ...body },
      })
    },
    async eventsOf(subject) {
      const rows = await db
        .selectFrom('outbox')
        .select(['type', 'record_version', 'data'])
        .where('subject', '=', subject)
        .orderBy('record_version')
        .execute()
      return rows.map((row) => ({ ...row, data: JSON.parse(row.data) }))
    },
  }
}
