import assert from 'node:assert/strict'
import { it } from 'node:test'
import { startInvgateSimulator } from '#simulators/invgate'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { PASSWORD } from '#tests/test-app'
import { startTestDesk, TICKETS } from './test-desk.ts'
import { type BridgedDesk, environmentFor, startBridgedDesk } from './test-invgate.ts'

const FIELDS = { title: 'Mesin kopi bocor', description: 'Air menetes dari bawah.', category_id: 11 }

type Settled = Pick<BridgedDesk, 'read' | 'clock'>

async function synced({ read, clock }: Settled, id: string) {
  return await eventually(
    async () => {
      const ticket = await read(id)
      if (ticket.sync.state !== 'synced') clock.advance(5_000)
      return ticket
    },
    ({ sync }) => sync.state === 'synced',
  )
}

onEach(engines, 'tickets that are told InvGate afterwards', (backend) => {
  it('D4 answers 201 at once while InvGate is away, and delivers every ticket once when it is back', async () => {
    const desk = await startBridgedDesk(backend, { mode: 'deferred' })
    try {
      await desk.sim.goDown()
      const opened = []
      for (let count = 0; count < 5; count += 1) opened.push(await desk.openTicket(FIELDS))
      for (const { sync, inv_gate_id: id } of opened) assert.deepEqual([sync.state, id], ['pending', null])
      const waiting = await desk.ask('GET', `${TICKETS}/sync`, { token: desk.agent.token })
      assert.equal(waiting.body.backlog.pending + waiting.body.backlog.uncertain, 5)
      assert.equal(waiting.body.enabled, true)
      await desk.sim.comeBack()
      for (const { id } of opened) await synced(desk, id)
      const ids = desk.sim.store.incidents().map(({ id }) => String(id))
      const kept = await Promise.all(opened.map(async ({ id }) => (await desk.read(id)).inv_gate_id ?? ''))
      assert.deepEqual(ids.toSorted(), kept.toSorted())
      const done = await desk.ask('GET', `${TICKETS}/sync`, { token: desk.agent.token })
      const { oldest_at: oldest, ...backlog } = done.body.backlog
      assert.deepEqual([backlog, oldest], [{ pending: 0, uncertain: 0, failed: 0 }, null])
      assert.notEqual(done.body.last_contact_at, null)
    } finally {
      await desk.stop()
    }
  })

  it('D5 ends up one to one with an InvGate that drops a third of its answers after the work', async () => {
    const desk = await startBridgedDesk(backend, { mode: 'deferred' })
    try {
      desk.sim.faults.add({
        endpoint: 'incident',
        method: 'POST',
        mode: 'reset_after_commit',
        share: 0.3,
        times: null,
      })
      const opened = []
      for (let count = 0; count < 12; count += 1) opened.push(await desk.openTicket(FIELDS))
      for (const { id } of opened) await synced(desk, id)
      const kept = await Promise.all(opened.map(async ({ id }) => (await desk.read(id)).inv_gate_id ?? ''))
      assert.deepEqual(
        desk.sim.store
          .incidents()
          .map(({ id }) => String(id))
          .toSorted(),
        kept.toSorted(),
      )
    } finally {
      await desk.stop()
    }
  })

  it('D4 delivers after a new start what the old one had left', async () => {
    const sim = await startInvgateSimulator()
    await sim.goDown()
    const environment = environmentFor(sim, { mode: 'deferred' })
    const place = await backend.create()
    const kept = { ...backend, create: async () => ({ ...place, remove: async () => {} }) }
    try {
      const first = await startTestDesk(kept, { environment })
      const { id } = await first.openTicket(FIELDS)
      await first.stop()
      await sim.comeBack()
      const second = await startTestDesk(kept, { environment })
      try {
        second.clock.advance(600_000)
        const ticket = await synced(second, id)
        assert.deepEqual(
          sim.store.incidents().map((incident) => String(incident.id)),
          [ticket.inv_gate_id],
        )
      } finally {
        await second.stop()
      }
    } finally {
      await place.remove()
      await sim.stop()
    }
  })

  it('D5 finds after a new start what InvGate had made when the old one ended', async () => {
    const sim = await startInvgateSimulator()
    sim.faults.add({ endpoint: 'incident', method: 'POST', mode: 'hang_after_commit' })
    const environment = environmentFor(sim, { mode: 'deferred' })
    const place = await backend.create()
    const kept = { ...backend, create: async () => ({ ...place, remove: async () => {} }) }
    try {
      const first = await startTestDesk(kept, { environment })
      const { id } = await first.openTicket(FIELDS)
      await eventually(
        async () => sim.store.incidents().length,
        (count) => count === 1,
      )
      await first.stop()
      const second = await startTestDesk(kept, { environment })
      try {
        second.clock.advance(600_000)
        const ticket = await synced(second, id)
        assert.deepEqual(
          sim.store.incidents().map((incident) => String(incident.id)),
          [ticket.inv_gate_id],
        )
      } finally {
        await second.stop()
      }
    } finally {
      await place.remove()
      await sim.stop()
    }
  })
})

onEach(engines, 'what InvGate is told of a ticket', (backend) => {
  it('D7 tells of replies, moves and the rating in their sequence, and never of a note', async () => {
    const desk = await startBridgedDesk(backend)
    try {
      const { id, inv_gate_id: incidentId } = await desk.openTicket(FIELDS)
      const say = async (text: string, fields: object, token: string) => {
        const answer = await desk.ask('POST', `${TICKETS}/${id}/messages`, {
          token,
          body: { text, ...fields },
        })
        assert.ok(answer.status < 300, answer.text)
      }
      await say('Kapan <dibetulkan>?', {}, desk.customer.token)
      await say('Pelanggan ini cerewet', { kind: 'note' }, desk.agent.token)
      await desk.setStatus(id, { status: 'solved', solution: 'Selang diganti.' })
      const comments = () => desk.sim.store.comments(Number(incidentId))
      await eventually(
        async () => comments().length,
        (count) => count === 2,
      )
      assert.deepEqual(
        comments().map(({ message, is_solution: isSolution }) => [message, isSolution]),
        [
          ['<p>Kapan &lt;dibetulkan&gt;?</p>', false],
          ['<p>Selang diganti.</p>', true],
        ],
      )
      const rated = await desk.ask('POST', `${TICKETS}/${id}/accept`, {
        token: desk.customer.token,
        body: { rating: 5 },
      })
      assert.equal(rated.status, 200, rated.text)
      const status = () => desk.sim.store.findIncident(Number(incidentId))
      const closed = await eventually(
        async () => status(),
        (incident) => incident?.status_id === 6,
      )
      assert.equal(closed?.rating, 5)
      assert.doesNotMatch(JSON.stringify(desk.sim.journal.entries), /cerewet/)
      const keys = await desk.db.selectFrom('ticket_messages').select('invgate_key').orderBy('id').execute()
      assert.equal(keys.filter(({ invgate_key: key }) => key !== null).length, 2)
    } finally {
      await desk.stop()
    }
  })

  it('D5 says a reply once whose answer was lost', async () => {
    const desk = await startBridgedDesk(backend)
    try {
      const { id, inv_gate_id: incidentId } = await desk.openTicket(FIELDS)
      desk.sim.faults.add({ endpoint: 'incident.comment', method: 'POST', mode: 'reset_after_commit' })
      const body = { text: 'Halo' }
      await desk.ask('POST', `${TICKETS}/${id}/messages`, { token: desk.customer.token, body })
      await eventually(
        async () => (await desk.read(id)).sync.state,
        (state) => state === 'uncertain',
      )
      await synced(desk, id)
      assert.equal(desk.sim.store.comments(Number(incidentId)).length, 1)
    } finally {
      await desk.stop()
    }
  })
})

onEach(engines, 'our users at InvGate', (backend) => {
  it('D6 finds by the address or makes who registers, without a password, and uses their id', async () => {
    const desk = await startBridgedDesk(backend, {
      simulator: { seed: { users: [{ id: 900, email: 'known@karya.test' }] } },
    })
    try {
      const body = { name: 'Siti', lastname: 'Rahma', email: 'Known@karya.test', password: PASSWORD }
      const registered = await desk.ask('POST', '/api/v1/auth/register', { body })
      assert.equal(registered.status, 201)
      const idOf = async (userId: string) =>
        (
          await desk.db
            .selectFrom('invgate_users')
            .select('invgate_id')
            .where('user_id', '=', userId)
            .executeTakeFirst()
        )?.invgate_id ?? null
      const linked = async (userId: string) =>
        await eventually(
          async () => await idOf(userId),
          (id) => id !== null,
        )
      assert.equal(await linked(registered.body.user.id), 900)
      const own = await linked(desk.customer.id)
      assert.equal(desk.sim.store.findUser(own ?? 0)?.email, desk.customer.email)
      assert.doesNotMatch(JSON.stringify(desk.sim.journal.entries), new RegExp(`${PASSWORD}|"pass"`))

      const { inv_gate_id: incidentId } = await desk.openTicket(FIELDS)
      const incident = desk.sim.store.findIncident(Number(incidentId))
      assert.deepEqual([incident?.creator_id, incident?.user_id], [own, own])
      const forOther = await desk.openTicket({ ...FIELDS, customer_id: 900 }, desk.agent)
      assert.equal(desk.sim.store.findIncident(Number(forOther.inv_gate_id))?.user_id, 900)
    } finally {
      await desk.stop()
    }
  })

  it('D6 registers while InvGate is away, and makes the account when it is back', async () => {
    const desk = await startBridgedDesk(backend)
    try {
      await desk.sim.goDown()
      const person = await desk.enrol()
      await desk.sim.comeBack()
      await eventually(
        async () => {
          desk.clock.advance(5_000)
          return desk.sim.store.findUserBy('email', person.email)
        },
        (user) => user !== undefined,
      )
    } finally {
      await desk.stop()
    }
  })

  it('tells what the ids mean in the words of InvGate, all categories of it', async () => {
    const desk = await startBridgedDesk(backend)
    try {
      const { body } = await desk.ask('GET', `${TICKETS}/catalogues`, { token: desk.customer.token })
      assert.deepEqual(
        [body.source, body.categories.length, body.priorities[4].name],
        ['invgate', 45, 'Critical'],
      )
    } finally {
      await desk.stop()
    }
  })
})
