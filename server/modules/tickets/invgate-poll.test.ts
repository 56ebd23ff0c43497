import assert from 'node:assert/strict'
import { it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'
import { startBridgedDesk } from './test-invgate.ts'
import { becomes, openIncident, roundsPass, STATUS, startPollingDesk } from './test-poll.ts'

onEach(engines, 'the status that comes back from InvGate', (backend) => {
  it('D7 takes over every status in turn, and tells nothing of it back', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id, incidentId } = await openIncident(desk)
      const moves: readonly [number, string, string | null][] = [
        [STATUS.open, 'open', null],
        [STATUS.waiting, 'pending', 'customer'],
        [STATUS.pending, 'pending', 'agent'],
        [STATUS.solved, 'solved', null],
        [STATUS.open, 'open', null],
        [STATUS.closed, 'closed', null],
        [STATUS.waiting, 'pending', 'customer'],
        [STATUS.rejected, 'cancelled', null],
        [STATUS.new, 'new', null],
      ]
      for (const [theirs, ours, reason] of moves) {
        desk.sim.agent.setStatus(incidentId, theirs)
        const ticket = await eventually(
          async () => await desk.read(id),
          ({ status, pending_reason: why }) => status === ours && why === reason,
        )
        assert.equal(ticket.solved_at !== null, ours === 'solved' || ours === 'closed', ours)
        assert.equal(ticket.closed_at !== null, ours === 'closed', ours)
        assert.equal(ticket.solution, null)
      }
      const spans = await desk.db
        .selectFrom('ticket_spans')
        .select(['status', 'actor_id'])
        .where('ticket_id', '=', id)
        .orderBy('started_at')
        .execute()
      assert.deepEqual(
        spans.map(({ status }) => status),
        ['new', ...moves.map(([, status]) => status)],
      )
      assert.ok(spans.slice(1).every(({ actor_id: actor }) => actor === null))
      const changes = (await desk.eventsOf(id)).filter(({ type }) => type === 'ticket.status_changed')
      assert.equal(changes.length, moves.length)
      const deliveries = await desk.db.selectFrom('invgate_deliveries').select('kind').execute()
      assert.deepEqual(deliveries, [{ kind: 'create' }])
    } finally {
      await desk.stop()
    }
  })

  it('D7 leaves what InvGate has no word for, and gives way where somebody there moves the ticket', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id, incidentId } = await openIncident(desk)
      await desk.setStatus(id, { status: 'open' })
      await desk.setStatus(id, { status: 'pending', pending_reason: 'vendor' })
      const { version } = await desk.read(id)
      await roundsPass(desk)
      const waiting = await desk.read(id)
      assert.deepEqual([waiting.pending_reason, waiting.version], ['vendor', version])
      // A move that was delivered is no news when it comes back; one after it is.
      await desk.setStatus(id, { status: 'solved', solution: 'Selang diganti.' })
      await eventually(
        async () => desk.sim.store.findIncident(incidentId)?.status_id,
        (status) => status === STATUS.solved,
      )
      await roundsPass(desk)
      assert.deepEqual(
        [(await desk.read(id)).status, (await desk.read(id)).solution],
        ['solved', 'Selang diganti.'],
      )
      desk.sim.agent.setStatus(incidentId, STATUS.open)
      assert.equal((await becomes(desk, id, 'open')).solution, null)
    } finally {
      await desk.stop()
    }
  })

  it('D7 does not undo a move that InvGate has still to be told', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id, incidentId } = await openIncident(desk)
      desk.sim.faults.add({
        endpoint: 'incident.waitingfor.customer',
        mode: 'status',
        status: 503,
        times: null,
      })
      await desk.setStatus(id, { status: 'pending', pending_reason: 'customer' })
      desk.sim.agent.setStatus(incidentId, STATUS.open)
      await roundsPass(desk)
      assert.equal((await desk.read(id)).status, 'pending')
      desk.sim.faults.clear()
      await eventually(
        async () => {
          const status = desk.sim.store.findIncident(incidentId)?.status_id
          if (status !== STATUS.waiting) desk.clock.advance(60_000)
          return status
        },
        (status) => status === STATUS.waiting,
      )
      await roundsPass(desk)
      const { status, pending_reason: reason } = await desk.read(id)
      assert.deepEqual([status, reason], ['pending', 'customer'])
      desk.sim.agent.setStatus(incidentId, STATUS.open)
      await becomes(desk, id, 'open')
    } finally {
      await desk.stop()
    }
  })

  it('D7 goes back to where InvGate is when it has refused a move for good, once', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id, incidentId } = await openIncident(desk)
      desk.sim.agent.setStatus(incidentId, STATUS.open)
      await becomes(desk, id, 'open')
      desk.sim.faults.add({ endpoint: 'incident.waitingfor.customer', mode: 'error200' })
      await desk.setStatus(id, { status: 'pending', pending_reason: 'customer' })
      const back = await eventually(
        async () => await desk.read(id),
        ({ status, sync }) => status === 'open' && sync.state === 'failed',
      )
      assert.notEqual(back.sync.last_error, null)
      await desk.setStatus(id, { status: 'pending', pending_reason: 'vendor' })
      await roundsPass(desk)
      assert.equal((await desk.read(id)).pending_reason, 'vendor')
      // Tried again by hand it arrives, and is followed.
      const retried = await desk.ask('POST', `${TICKETS}/${id}/sync/retry`, {
        token: desk.agent.token,
        body: {},
      })
      assert.equal(retried.status, 200, retried.text)
      await eventually(
        async () => desk.sim.store.findIncident(incidentId)?.status_id,
        (status) => status === STATUS.waiting,
      )
    } finally {
      await desk.stop()
    }
  })

  it('D7 takes a rating that was given at InvGate, with the end or after it', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id, incidentId } = await openIncident(desk)
      const { id: late, incidentId: lateIncident } = await openIncident(desk)
      desk.sim.store.change(incidentId, { status_id: STATUS.closed, rating: 5 })
      desk.sim.store.change(lateIncident, { status_id: STATUS.closed })
      assert.equal((await becomes(desk, id, 'closed')).rating, 5)
      assert.equal((await becomes(desk, late, 'closed')).rating, null)
      desk.sim.store.change(lateIncident, { rating: 2 })
      await eventually(
        async () => await desk.read(late),
        ({ rating }) => rating === 2,
      )
      assert.equal((await desk.eventsOf(late)).at(-1)?.type, 'ticket.rated')
    } finally {
      await desk.stop()
    }
  })

  it('D7 leaves a merged ticket alone, and says once of one that InvGate has lost', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id: merged, incidentId } = await openIncident(desk)
      const { id: target } = await openIncident(desk)
      const answer = await desk.ask('POST', `${TICKETS}/${merged}/merge`, {
        token: desk.agent.token,
        body: { into: target },
      })
      assert.equal(answer.status, 200, answer.text)
      desk.sim.agent.setStatus(incidentId, STATUS.open)
      await roundsPass(desk)
      assert.equal((await desk.read(merged)).status, 'cancelled')
      desk.sim.reset()
      const lost = await eventually(
        async () => await desk.read(target),
        ({ sync }) => sync.last_error !== null,
      )
      assert.deepEqual(
        [lost.status, lost.sync.last_error],
        ['new', 'InvGate no longer knows of this request'],
      )
      await roundsPass(desk)
      assert.equal((await desk.read(target)).version, lost.version)
      assert.equal((await desk.read(merged)).sync.last_error, null)
    } finally {
      await desk.stop()
    }
  })

  const rowOf = async (desk: Pick<TestDesk, 'db'>, id: string) =>
    await desk.db
      .selectFrom('tickets')
      .select(['status', 'invgate_status'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  /** Whether it is closed when the timer that is to see to it has run, eight days later. */
  async function isClosedInTime(desk: Pick<TestDesk, 'db' | 'clock'>, id: string): Promise<boolean> {
    desk.clock.advance(8 * 86_400_000)
    await eventually(
      async () =>
        await desk.db
          .selectFrom('timers')
          .select('due_at')
          .where('kind', '=', 'ticket.auto_close')
          .where('subject', '=', id)
          .execute(),
      (timers) => timers.every(({ due_at: dueAt }) => dueAt > desk.clock.now()),
    )
    return (await rowOf(desk, id)).status === 'closed'
  }

  it('D8 leaves it to InvGate to close what it knows to be solved, for as long as it is there', async () => {
    const place = await backend.create()
    const kept = { ...backend, create: async () => ({ ...place, remove: async () => {} }) }
    const desk = await startBridgedDesk(kept)
    try {
      const [lost, left] = [(await openIncident(desk)).id, (await openIncident(desk)).id]
      for (const id of [lost, left]) {
        await desk.setStatus(id, { status: 'solved' })
        await eventually(
          async () => await rowOf(desk, id),
          ({ invgate_status: seen }) => seen === 'solved',
        )
      }
      assert.deepEqual(
        [await isClosedInTime(desk, lost), (await rowOf(desk, left)).status],
        [false, 'solved'],
      )
      await desk.db
        .updateTable('tickets')
        .set({ invgate_id: '999', invgate_status: 'gone' })
        .where('id', '=', lost)
        .execute()
      assert.equal(await isClosedInTime(desk, lost), true)
      assert.equal((await rowOf(desk, left)).status, 'solved')
      await desk.stop()
      const alone = await startTestDesk(kept, { clock: desk.clock })
      try {
        assert.equal(await isClosedInTime(alone, left), true)
      } finally {
        await alone.stop()
      }
    } finally {
      await desk.stop()
      await place.remove()
    }
  })

  it('D8 closes what InvGate has never heard to be solved, for the simple dialect has no moves', async () => {
    const desk = await startBridgedDesk(backend, {
      simulator: { dialect: 'simple' },
      environment: { INVGATE_DIALECT: 'simple' },
    })
    try {
      const { id } = await openIncident(desk)
      await desk.setStatus(id, { status: 'solved' })
      assert.equal(await isClosedInTime(desk, id), true)
    } finally {
      await desk.stop()
    }
  })
})
