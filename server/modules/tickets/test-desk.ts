import assert from 'node:assert/strict'
import type { Kysely } from 'kysely'
import type { Backend } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type Answer, type Person, startTestApp, type TestApp } from '#tests/test-app'
import type { Ticket } from './schemas.ts'
import type { Deadlines, TicketSla } from './sla-schemas.ts'
import type { TicketTables } from './table.ts'

type Told = { readonly type: string; readonly record_version: number; readonly data: unknown }

/** A well-formed id that nothing has. */
export const NOBODY = '01890000-0000-7000-8000-000000000000'
export const TICKETS = '/api/v1/tickets'

export type TestDesk = Omit<TestApp, 'db'> & {
  readonly db: Kysely<TicketTables>
  readonly agent: Person
  /** Whose tickets they are unless somebody else is named. */
  readonly customer: Person
  /** Somebody who has nothing to do with any of them. */
  readonly stranger: Person
  readonly openTicket: (fields?: object, by?: Person) => Promise<Ticket>
  /** Asks for a change by the desk, which must succeed. */
  readonly setStatus: (id: string, body: object, by?: Person) => Promise<Ticket>
  readonly read: (id: string, by?: Person) => Promise<Ticket>
  /** What its clocks have still to come, as its events tell of it, none of them being late. */
  readonly deadlinesOf: (id: string, by?: Person) => Promise<Deadlines>
  /** Everything that was announced of a ticket, in the order of its versions. */
  readonly eventsOf: (id: string) => Promise<readonly Told[]>
  /** Resolves when the desk knows all who were registered so far. */
  readonly knowEverybody: () => Promise<void>
}

/** For the tests of the service desk: a server with an agent and a customer of whom its events have told. */
export async function startTestDesk(
  backend: Backend,
  options: Parameters<typeof startTestApp>[1] = {},
): Promise<TestDesk> {
  const app = await startTestApp(backend, options)
  const db = app.db.withTables<TicketTables>()
  const agent = await app.enrol('agent')
  const customer = await app.enrol()
  const stranger = await app.enrol()

  async function must(answer: Promise<Answer>): Promise<Ticket> {
    const { status, text, body } = await answer
    assert.ok(status < 300, text)
    return body
  }

  async function knowEverybody(): Promise<void> {
    await eventually(
      async () => {
        const users = await app.db.selectFrom('users').select('id').execute()
        const known = await app.app.database.db
          .withTables<{ people: { id: string } }>()
          .selectFrom('people')
          .select('id')
          .execute()
        return [users.length, known.length] as const
      },
      ([users, known]) => users === known,
    )
  }
  await knowEverybody()

  return {
    ...app,
    db,
    agent,
    customer,
    stranger,
    knowEverybody,
    async openTicket(fields = {}, by = customer) {
      const body = { title: 'Mesin kopi bocor', description: 'Air menetes dari bawah.', ...fields }
      return await must(app.ask('POST', TICKETS, { token: by.token, body }))
    },
    async setStatus(id, body, by = agent) {
      return await must(app.ask('PUT', `${TICKETS}/${id}/status`, { token: by.token, body }))
    },
    async read(id, by = agent) {
      return await must(app.ask('GET', `${TICKETS}/${id}`, { token: by.token }))
    },
    async deadlinesOf(id, by = agent) {
      const { status, text, body } = await app.ask('GET', `${TICKETS}/${id}/sla`, { token: by.token })
      assert.equal(status, 200, text)
      const { clocks }: TicketSla = body
      const dueAt = (kind: string) =>
        clocks.find((clock) => clock.kind === kind && clock.state === 'running')?.due_at ?? null
      return { first_response_due_at: dueAt('first_response'), resolution_due_at: dueAt('resolution') }
    },
    async eventsOf(id) {
      const rows = await db
        .selectFrom('outbox')
        .select(['type', 'record_version', 'data'])
        .where('subject', '=', `ticket/${id}`)
        .orderBy('record_version')
        .execute()
      return rows.map((row) => ({ ...row, data: JSON.parse(row.data) }))
    },
  }
}
