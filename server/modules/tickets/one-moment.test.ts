import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { createOutbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { createLog } from '#platform/telemetry/log'
import { createTimers } from '#platform/timers/sweep'
import { engines, onEach } from '#tests/backends'
import { createCreateTicket } from './create-ticket.ts'
import { createCustomerMoves } from './customer-moves.ts'
import { createEditTicket } from './edit-ticket.ts'
import { createMergeTickets } from './merge.ts'
import { moveTicket } from './move-ticket.ts'
import type { TicketParts } from './parts.ts'
import { lockTicket } from './queries.ts'
import { createSetStatus } from './set-status.ts'
import { startTestDesk, type TestDesk } from './test-desk.ts'
import { createTicketSlas } from './ticket-sla.ts'

const system: Call<unknown> = systemCall

/** Half past nine on a Monday in Jakarta. */
const MONDAY = Date.parse('2030-10-07T02:30:00.000Z')

onEach(engines, 'a change of a ticket is one moment', (backend) => {
  let desk: TestDesk
  let nowMs = MONDAY
  let parts: TicketParts
  before(async () => {
    desk = await startTestDesk(backend)
    // No question for the time is ever answered alike, as on a machine that is busy.
    const clock = { now: () => new Date((nowMs += 1_000)) }
    parts = {
      db: desk.db,
      clock,
      ids: systemIds,
      outbox: createOutbox({ clock, ids: systemIds, traceparent: () => null, onCommit: () => {} }),
      timers: createTimers({ db: desk.app.database.db, clock, log: createLog({ level: 'silent' }) }),
      businessDays: createBusinessDays('Asia/Jakarta'),
    }
  })
  after(async () => await desk.stop())

  const callOf = (userId: string, ...permissions: string[]): Call<unknown> => ({
    ...systemCall,
    actor: { userId, email: 'x@karya.test', role: '', permissions: new Set(permissions), sessionId: null },
  })
  const agent = () => callOf(desk.agent.id, 'tickets:read_any', 'tickets:write_any')
  const customer = () => callOf(desk.customer.id)
  const open = async () =>
    await createCreateTicket(parts)(customer(), { title: 'Bocor', description: 'Air menetes.' })
  const spansOf = async (id: string) => {
    const rows = await desk.db.selectFrom('ticket_spans').selectAll().where('ticket_id', '=', id).execute()
    return rows.toSorted((one, other) => one.started_at.getTime() - other.started_at.getTime())
  }

  /** The intervals that the desk is told go from the ticket's first moment to now, and are as long together. */
  async function requireTiled(id: string, createdAt: string): Promise<void> {
    const { clocks, calculated_at: until } = await createTicketSlas(parts).explainSla(agent(), id)
    for (const {
      kind,
      intervals = [],
      counted_ms: counted = 0,
      uncounted_ms: rest = 0,
      ...clock
    } of clocks) {
      let reached = createdAt
      for (const each of intervals) {
        assert.equal(each.from, reached, kind)
        reached = each.until
      }
      assert.equal(reached, clock.stopped_at ?? until, kind)
      assert.equal(counted + rest, Date.parse(reached) - Date.parse(createdAt), kind)
    }
  }

  it('D8 the clocks of a ticket start in the moment in which it was opened', async () => {
    const ticket = await open()
    const [span] = await spansOf(ticket.id)
    assert.equal(span?.started_at.toISOString(), ticket.created_at)
    await requireTiled(ticket.id, ticket.created_at)
  })

  it('D8 each move happens in one moment, for the ticket, its life and its clocks', async () => {
    const ticket = await open()
    const edited = await createEditTicket(parts)(agent(), ticket.id, { assignee_id: desk.agent.id })
    const setStatus = createSetStatus(parts)
    const waiting = await setStatus(agent(), ticket.id, { status: 'pending', pending_reason: 'customer' })
    const solved = await setStatus(agent(), ticket.id, { status: 'solved', solution: 'Segel baru.' })
    assert.deepEqual([solved.solved_at, solved.first_responded_at], [solved.updated_at, solved.updated_at])
    const moves = createCustomerMoves(parts)
    const reopened = await moves.reopenTicket(customer(), ticket.id, { comment: 'Masih bocor' })
    const again = await setStatus(agent(), ticket.id, { status: 'solved', solution: 'Pipa baru.' })
    const closed = await moves.acceptSolution(customer(), ticket.id, { rating: 5 })
    assert.equal(closed.closed_at, closed.updated_at)
    const told = [ticket, edited, waiting, solved, reopened, again, closed]
    const spans = await spansOf(ticket.id)
    assert.deepEqual(
      spans.map((span) => [span.status, span.started_at.toISOString(), span.ended_at?.toISOString()]),
      told.map((each, index) => [each.status, each.updated_at, told[index + 1]?.updated_at]),
    )
    await requireTiled(ticket.id, ticket.created_at)
  })

  it('D8 a merge and a move of a timer happen in one moment too', async () => {
    const [one, other] = [await open(), await open()]
    const merged = await createMergeTickets(parts)(agent(), one.id, other.id)
    assert.equal((await spansOf(one.id)).at(-1)?.started_at.toISOString(), merged.updated_at)
    const solved = await transaction(desk.db, system, async (trx) => {
      const row = await lockTicket(trx, other.id)
      assert.ok(row)
      return await moveTicket(parts, trx, { call: system, row, move: { status: 'solved', solution: null } })
    })
    const { solved_at: solvedAt, updated_at: updatedAt } = await desk.read(other.id)
    assert.ok(solved)
    assert.equal(solvedAt, updatedAt)
    await requireTiled(other.id, other.created_at)
  })

  it('D8 stays in its order when another server, whose clock is behind, makes the next move', async () => {
    const ticket = await open()
    const setStatus = createSetStatus(parts)
    nowMs -= 60_000
    const moved = await setStatus(agent(), ticket.id, { status: 'open' })
    const spans = await spansOf(ticket.id)
    assert.deepEqual(spans.map(({ status, ended_at: ended }) => [status, ended === null]).toSorted(), [
      ['new', false],
      ['open', true],
    ])
    for (const span of spans)
      assert.ok(span.ended_at === null || span.ended_at >= span.started_at, 'it ends before it begins')
    nowMs += 10 * 60_000
    await requireTiled(ticket.id, ticket.created_at)
    const { clocks } = await createTicketSlas(parts).explainSla(agent(), ticket.id)
    assert.equal(clocks[1]?.state, 'running')
    assert.ok(clocks[1]?.due_at)
    assert.ok(moved.updated_at >= ticket.updated_at)
  })
})
