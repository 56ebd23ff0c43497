import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { sql } from 'kysely'
import { engines, onEach } from '#tests/backends'
import { type Statements, watchStatements } from '#tests/statements'
import { listTickets, type TicketFilter, ticketSorts } from './list-queries.ts'
import { NOBODY, startTestDesk, type TestDesk } from './test-desk.ts'

const ALL: TicketFilter = {
  creator: undefined,
  customerId: undefined,
  status: undefined,
  priorityId: undefined,
  assigneeId: undefined,
  groupId: undefined,
  tag: undefined,
  q: undefined,
}
/** Its plan says what is gone through in words that stay; the others have the same indexes. */
const sqlite = engines.filter(({ engine }) => engine === 'sqlite')

onEach(sqlite, 'how lists of many tickets are found', (backend) => {
  let desk: TestDesk
  let statementsOf: Statements
  before(async () => {
    desk = await startTestDesk(backend)
    statementsOf = watchStatements(desk.db)
  })
  after(async () => await desk.stop())

  async function planOf(list: Partial<Parameters<typeof listTickets>[1]>): Promise<string[]> {
    const { statements } = await statementsOf(
      async () =>
        await listTickets(desk.db, {
          viewer: null,
          filter: ALL,
          sort: '-created_at',
          request: { limit: 25 },
          ...list,
        }),
    )
    const [statement = ''] = statements
    const { rows } = await sql
      .raw<{ detail: string }>(`explain query plan ${statement.replaceAll('?', '1')}`)
      .execute(desk.db)
    assert.ok(rows.length > 0)
    return rows.map(({ detail }) => detail)
  }

  it('D2 the tickets of one customer are found without going through those of all', async () => {
    for (const sort of ticketSorts) {
      const plan = await planOf({ viewer: NOBODY, sort })
      assert.ok(!plan.some((step) => /^SCAN tickets\b/.test(step)), plan.join('\n'))
    }
  })

  it('D2 the desk reads the first page in any order from an index, without sorting all tickets', async () => {
    for (const sort of ticketSorts) {
      const plan = await planOf({ sort })
      assert.ok(!plan.some((step) => step.includes('TEMP B-TREE')), `${sort}: ${plan.join('\n')}`)
    }
  })

  it('D2 the tickets of a group are found by it', async () => {
    const plan = await planOf({ filter: { ...ALL, groupId: NOBODY } })
    assert.match(plan.join('\n'), /SEARCH tickets USING INDEX tickets_group_id/)
  })
})
