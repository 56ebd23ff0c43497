import assert from 'node:assert/strict'
import { it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { TICKETS } from './test-desk.ts'
import { startBridgedDesk } from './test-invgate.ts'
import { openIncident, roundsPass, STATUS, startPollingDesk } from './test-poll.ts'

const FIELDS = { title: 'Mesin kopi bocor', description: 'Air menetes dari bawah.', category_id: 11 }

onEach(engines, 'an InvGate that was put back and counts anew', (backend) => {
  for (const mode of ['sync', 'deferred'] as const)
    it(`D5 gives no ticket the incident of another, and is not asked again and again, ${mode}`, async () => {
      const desk = await startBridgedDesk(backend, { mode })
      try {
        const settled = async (id: string) =>
          await eventually(
            async () => await desk.read(id),
            ({ sync }) => sync.state === 'synced' || sync.state === 'failed',
          )
        const post = async () => await desk.ask('POST', TICKETS, { token: desk.customer.token, body: FIELDS })
        const first = await settled((await post()).body.id)
        assert.equal(first.inv_gate_id, '1')
        const account = desk.sim.store.findUserBy('email', desk.customer.email)
        desk.sim.reset()
        desk.sim.seed({ users: [{ email: desk.customer.email, id: account?.id ?? 0 }] })

        const { status, body } = await post()
        const error = 'InvGate has made 1 of it, which is another ticket here'
        if (mode === 'sync') assert.deepEqual([status, body.error], [502, `armmada error: ${error}`])
        const kept = await settled(body.ticket_id ?? body.id)
        assert.deepEqual([kept.inv_gate_id, kept.sync.state, kept.sync.last_error], [null, 'failed', error])
        desk.clock.advance(3_600_000)
        assert.equal((await desk.read(first.id)).inv_gate_id, '1')

        // The numbers that are given twice come to an end.
        await desk.ask('POST', `${TICKETS}/${kept.id}/sync/retry`, { token: desk.agent.token })
        const retried = await eventually(
          async () => await desk.read(kept.id),
          ({ sync }) => sync.state === 'synced',
        )
        assert.equal(retried.inv_gate_id, '2')
        assert.equal(desk.sim.journal.of('incident', 'POST').length, 2)
        assert.doesNotMatch(desk.logged(), /an unexpected error/)
      } finally {
        await desk.stop()
      }
    })

  it('D7 takes nothing over from the incident of somebody else that has the number of ours, and tells it nothing', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id, incidentId } = await openIncident(desk)
      await desk.db
        .updateTable('invgate_deliveries')
        .set({ done_at: new Date(Date.now() - 86_400_000) })
        .where('ticket_id', '=', id)
        .execute()
      desk.sim.agent.comment(incidentId, { message: '<p>Bukan untuk Anda</p>' })
      desk.sim.agent.setStatus(incidentId, STATUS.open)
      const text = 'InvGate no longer knows of this request'
      await eventually(
        async () => (await desk.read(id)).sync.last_error,
        (error) => error === text,
      )
      const body = { text: 'Masih bocor' }
      const url = `${TICKETS}/${id}/messages`
      assert.equal((await desk.ask('POST', url, { token: desk.customer.token, body })).status, 201)
      await eventually(
        async () =>
          await desk.db
            .selectFrom('invgate_deliveries')
            .select(['kind', 'state'])
            .where('ticket_id', '=', id)
            .execute(),
        (rows) => rows.some(({ kind, state }) => kind === 'comment' && state === 'failed'),
      )
      await roundsPass(desk, 2)
      assert.equal((await desk.read(id)).status, 'new')
      const { data } = (await desk.ask('GET', url, { token: desk.agent.token })).body
      assert.deepEqual(
        data.map((message: { text: string }) => message.text),
        ['Masih bocor'],
      )
      assert.equal(desk.sim.journal.of('incident.comment', 'POST').length, 0)
    } finally {
      await desk.stop()
    }
  })
})
