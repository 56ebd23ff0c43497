import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import { createOutbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { createLog } from '#platform/telemetry/log'
import { createTimers } from '#platform/timers/sweep'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { askBatch } from './poll-batch.ts'
import { listWatched } from './poll-queries.ts'
import { startTestDesk, TICKETS } from './test-desk.ts'
import type { BridgedDesk } from './test-invgate.ts'
import { becomes, messagesOf, openIncident, roundsPass, STATUS, startPollingDesk } from './test-poll.ts'

/** Many more tickets like this one, each with an incident of its own; answers their numbers there. */
async function multiply({ db, sim }: BridgedDesk, { id, count }: { id: string; count: number }) {
  const row = await db.selectFrom('tickets').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const incidents = Array.from({ length: count }, () => sim.store.addIncident({ title: row.title }).id)
  for (const incidentId of incidents) {
    await db
      .insertInto('tickets')
      .values({
        ...row,
        id: systemIds.next(),
        number: `TCK-9${incidentId}`,
        reference: `Karya many ${incidentId}`,
        invgate_id: String(incidentId),
      })
      .execute()
  }
  return incidents
}

onEach(engines, 'rounds of asking InvGate', (backend) => {
  it('D7 asks about many tickets by a hundred at a time, each of them in its turn', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id } = await openIncident(desk)
      const incidents = await multiply(desk, { id, count: 129 })
      for (const incidentId of incidents) desk.sim.agent.setStatus(incidentId, STATUS.open)
      await eventually(
        async () =>
          (await desk.db.selectFrom('tickets').select('id').where('status', '=', 'open').execute()).length,
        (count) => count === incidents.length,
        60_000,
      )
      const { body } = await desk.ask('GET', `${TICKETS}/sync`, { token: desk.agent.token })
      assert.equal(body.watched, 130)
      const asked = desk.sim.journal
        .of('incidents', 'GET')
        .map(({ parameters }) => [parameters['ids']].flat().length)
      assert.ok(Math.max(...asked) === 100, `${Math.max(...asked)} at a time`)
      // What is at rest is asked about no more.
      await desk.db
        .updateTable('tickets')
        .set({ status: 'closed', updated_at: new Date(0) })
        .execute()
      const rest = await desk.ask('GET', `${TICKETS}/sync`, { token: desk.agent.token })
      assert.equal(rest.body.watched, 0)
    } finally {
      await desk.stop()
    }
  })

  it('D7 goes on after an InvGate that answers nonsense, breaks, hangs and is away', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id, incidentId } = await openIncident(desk)
      await roundsPass(desk)
      desk.sim.faults.add(
        { endpoint: 'incidents', mode: 'html' },
        { endpoint: 'incidents', mode: 'status', status: 503, times: 3 },
        { endpoint: 'incidents', mode: 'truncate' },
        { endpoint: 'incidents', mode: 'error200' },
        { endpoint: 'incidents', mode: 'status', status: 429 },
        { endpoint: 'incident.comment', method: 'GET', mode: 'html' },
        { endpoint: 'incident.comment', method: 'GET', mode: 'hang' },
      )
      desk.sim.agent.solve(incidentId, '<p>Selang diganti.</p>')
      assert.equal((await becomes(desk, id, 'solved')).sync.state, 'synced')
      const { solution } = await eventually(
        async () => await desk.read(id),
        (ticket) => ticket.solution !== null,
        40_000,
      )
      assert.equal(solution, 'Selang diganti.')
      await desk.sim.goDown()
      desk.sim.agent.setStatus(incidentId, STATUS.closed)
      const before = (await desk.ask('GET', `${TICKETS}/sync`, { token: desk.agent.token })).body
        .last_failure_at
      await eventually(
        async () =>
          (await desk.ask('GET', `${TICKETS}/sync`, { token: desk.agent.token })).body.last_failure_at,
        (at) => at !== before,
      )
      assert.equal((await desk.read(id)).status, 'solved')
      await desk.sim.comeBack()
      await becomes(desk, id, 'closed')
    } finally {
      await desk.stop()
    }
  })

  it('D7 seeks what a list leaves out one after the other while there is time, and goes on from there', async () => {
    const own = await startTestDesk(backend)
    try {
      for (const invgateId of ['1', '2', '3'])
        await own.db
          .updateTable('tickets')
          .set({ invgate_id: invgateId })
          .where('id', '=', (await own.openTicket()).id)
          .execute()
      const { db, clock } = own
      const log = createLog({ level: 'error' })
      const ids = systemIds
      const outbox = createOutbox({ clock, ids, traceparent: () => null })
      const timers = createTimers({ db, clock, log })
      const businessDays = createBusinessDays('Asia/Jakarta')
      const desk = { abilities: new Set<never>(), list: async () => [], listComments: async () => [] }
      const sought: string[] = []
      const find = async (id: string) => {
        sought.push(id)
        return null
      }
      const parts = { db, clock, ids, outbox, timers, businessDays, log, desk: { ...desk, find } }
      let after: string | null = null
      // The time is always over at once.
      for (let run = 1; run <= 3; run += 1) {
        const batch = await listWatched({ db, now: clock.now(), after, limit: 100 })
        after = (await askBatch(parts, { batch, endsMs: 0 })).upTo
        assert.equal(after, batch[0]?.id)
      }
      assert.deepEqual(sought, ['1', '2', '3'])
    } finally {
      await own.stop()
    }
  })

  it('D7 follows the other tickets where one of them cannot be followed', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const [first, second] = [await openIncident(desk), await openIncident(desk)]
      await roundsPass(desk)
      desk.sim.faults.add({ endpoint: 'incident.comment', method: 'GET', mode: 'error200' })
      desk.sim.agent.comment(first.incidentId, { message: 'a\u0000\uD800b' })
      desk.sim.agent.solve(second.incidentId, '<p>Diganti.</p>')
      assert.equal((await becomes(desk, second.id, 'solved')).status, 'solved')
      const said = await eventually(
        async () => await messagesOf(desk, first.id),
        (messages) => messages.length === 1,
      )
      assert.equal(said[0]?.text, 'a\uFFFDb')
    } finally {
      await desk.stop()
    }
  })

  it('D7 follows an old instance whose numbers are texts', async () => {
    const desk = await startPollingDesk(backend, { simulator: { idStyle: 'legacy' } })
    try {
      const { id, incidentId } = await openIncident(desk)
      desk.sim.agent.solve(incidentId, '<p>Diganti.</p>')
      assert.equal((await becomes(desk, id, 'solved')).solution, 'Diganti.')
      await roundsPass(desk)
      assert.equal((await messagesOf(desk, id)).length, 1)
    } finally {
      await desk.stop()
    }
  })

  it('D7 follows the status in the simple dialect, which has no talk', async () => {
    const desk = await startPollingDesk(backend, {
      simulator: { dialect: 'simple' },
      environment: { INVGATE_DIALECT: 'simple' },
    })
    try {
      const { id, incidentId } = await openIncident(desk)
      const other = await openIncident(desk)
      await desk.setStatus(other.id, { status: 'open' })
      desk.sim.agent.setStatus(incidentId, STATUS.waiting)
      assert.equal((await becomes(desk, id, 'pending')).pending_reason, 'customer')
      await desk.setStatus(id, { status: 'solved', solution: 'Diganti.' })
      await roundsPass(desk)
      assert.equal((await desk.read(id)).status, 'solved')
      assert.equal((await desk.read(other.id)).status, 'open')
      desk.sim.agent.setStatus(incidentId, STATUS.closed)
      await becomes(desk, id, 'closed')
    } finally {
      await desk.stop()
    }
  })
})
