import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'
import type { PeopleTables } from '#modules/people'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { PASSWORD } from '#tests/test-app'
import { SETTLED_MS } from './deliver-attempt.ts'
import { TICKETS } from './test-desk.ts'
import { type BridgedDesk, SIMULATOR_PASSWORD, startBridgedDesk } from './test-invgate.ts'

const FIELDS = { title: 'Mesin kopi bocor', description: 'Air menetes <dari> bawah.', category_id: 11 }
const dialects = ['service-management', 'simple'] as const
const CREATE = { 'service-management': 'incident', simple: 'incidents' } as const

for (const dialect of dialects)
  onEach(engines, `tickets that are made at InvGate at once, ${dialect}`, (backend) => {
    let desk: BridgedDesk
    const endpoint = CREATE[dialect]
    const fault = { endpoint, method: 'POST' }

    before(async () => {
      desk = await startBridgedDesk(backend, { simulator: { dialect } })
    })
    beforeEach(() => desk.sim.faults.clear())
    after(async () => await desk.stop())

    const post = async (headers: Record<string, string> = {}) =>
      await desk.ask('POST', TICKETS, { token: desk.customer.token, body: FIELDS, headers })
    const made = (reference: string) =>
      desk.sim.store.incidents().filter(({ description }) => description.includes(`${reference} `))
    const synced = async (id: string) =>
      await eventually(
        async () => await desk.read(id),
        ({ sync }) => sync.state === 'synced',
      )

    it('D4 answers 201 with the id at InvGate, made once and in the name of the customer', async () => {
      const { status, body, text } = await post()
      assert.equal(status, 201, text)
      assert.equal(body.sync.state, 'synced')
      assert.deepEqual([body.sync.attempts, body.sync.last_error], [1, null])
      const [incident, ...more] = made(body.number)
      assert.equal(more.length, 0)
      assert.equal(body.inv_gate_id, String(incident?.id))
      assert.equal((await desk.read(body.inv_gate_id)).id, body.id)
    })

    it('D4 answers 502 with the words of a refusal, keeps the ticket as failed, and retries it by hand', async () => {
      desk.sim.faults.add({ ...fault, mode: 'status', status: 422 })
      const { status, body } = await post()
      assert.equal(status, 502)
      assert.match(body.error, /^armmada error: 422 /)
      assert.equal(body.sync_state, 'failed')
      const kept = await desk.read(body.ticket_id)
      assert.deepEqual([kept.sync.state, kept.inv_gate_id], ['failed', null])
      assert.match(kept.sync.last_error ?? '', /^422/)
      desk.clock.advance(3_600_000)
      assert.equal(made(kept.number).length, 0)

      const retried = await desk.ask('POST', `${TICKETS}/${kept.id}/sync/retry`, { token: desk.agent.token })
      assert.equal(retried.status, 200, retried.text)
      assert.equal(retried.body.sync.state, 'pending')
      assert.equal((await synced(kept.id)).inv_gate_id, String(made(kept.number)[0]?.id))
    })

    it('D4 answers 502 for a failure under 200 and for a page in place of JSON', async () => {
      desk.sim.faults.add({ ...fault, mode: 'error200' })
      assert.match((await post()).body.error, /^armmada error: /)
      desk.sim.faults.add({ ...fault, mode: 'html', status: 403 })
      const { status, body } = await post()
      assert.equal(status, 502)
      assert.match(body.error, /^armmada error: 403/)
      assert.doesNotMatch(body.error, /<|armmada error: armmada/)
    })

    it('D5 finds what InvGate has made and then dropped, and makes no second one', async () => {
      desk.sim.faults.add({ ...fault, mode: 'reset_after_commit' })
      const { status, body } = await post()
      assert.equal(status, 502)
      assert.match(body.error, /^armmada error: /)
      assert.equal(body.sync_state, 'uncertain')
      const ticket = await synced(body.ticket_id)
      assert.deepEqual(
        [ticket.inv_gate_id],
        made(ticket.number).map(({ id }) => String(id)),
      )
      assert.equal(ticket.sync.last_error, null)
    })

    it('D5 makes what has not arrived, but not before InvGate can no longer be at it', async () => {
      desk.sim.faults.add({ ...fault, mode: 'reset_before' })
      const { body } = await post()
      assert.equal(body.sync_state, 'uncertain')
      const looks = () =>
        desk.sim.journal.entries.filter(
          ({ method, endpoint: name }) => method === 'GET' && /by\.customer|^incidents$/.test(name),
        ).length
      const before = looks()
      desk.clock.advance(20_000)
      await eventually(
        async () => looks(),
        (count) => count > before,
      )
      assert.equal(made(body.number).length, 0)
      desk.clock.advance(SETTLED_MS)
      const ticket = await synced(body.ticket_id)
      assert.deepEqual(
        [ticket.inv_gate_id],
        made(ticket.number).map(({ id }) => String(id)),
      )
    })

    it('D4 keeps a ticket as failed while InvGate is away, and delivers it when it is back', async () => {
      await desk.sim.goDown()
      const { status, body } = await post()
      assert.equal(status, 502)
      assert.match(body.error, /^armmada error: no connection/)
      assert.equal((await desk.read(body.ticket_id)).sync.state, 'failed')
      await desk.sim.comeBack()
      desk.clock.advance(600_000)
      const ticket = await synced(body.ticket_id)
      assert.equal(made(ticket.number).length, 1)
    })

    it('C6 answers the same again, byte for byte, whether it was a success or a refusal', async () => {
      for (const mode of [null, 'status', 'reset_after_commit'] as const) {
        if (mode !== null) desk.sim.faults.add({ ...fault, mode, status: 400 })
        const headers = { 'idempotency-key': `key-${mode}` }
        const before = desk.sim.journal.of(endpoint, 'POST').length
        const first = await post(headers)
        const second = await post(headers)
        assert.equal(first.status, mode === null ? 201 : 502)
        assert.deepEqual([second.status, second.text], [first.status, first.text])
        assert.equal(second.headers['idempotent-replayed'], 'true')
        assert.equal(second.headers['content-type'], first.headers['content-type'])
        assert.equal(desk.sim.journal.of(endpoint, 'POST').length, before + 1)
      }
    })

    it('C6 refuses the same request while the first one waits for InvGate', async () => {
      desk.sim.faults.add({ ...fault, mode: 'delay', delayMs: 1_500 })
      const headers = { 'idempotency-key': 'at-once' }
      const before = desk.sim.journal.of(endpoint, 'POST').length
      const first = post(headers)
      await eventually(
        async () => desk.sim.journal.of(endpoint, 'POST').length,
        (count) => count > before,
      )
      const second = await post(headers)
      assert.deepEqual([second.status, second.body.code], [409, 'idempotency_key_in_use'])
      assert.equal((await first).status, 201)
    })

    it('C6 says that nobody knows what came of a request whose process is never heard of again', async () => {
      desk.sim.faults.add({ ...fault, mode: 'delay', delayMs: 4_000 })
      const headers = { 'idempotency-key': 'cut-short' }
      const before = desk.sim.journal.of(endpoint, 'POST').length
      const first = post(headers)
      await eventually(
        async () => desk.sim.journal.of(endpoint, 'POST').length,
        (count) => count > before,
      )
      desk.clock.advance(21_000)
      const { status, body } = await post(headers)
      assert.deepEqual([status, body.sync_state], [502, 'uncertain'])
      assert.match(body.error, /^armmada error: the server has ended/)
      // It has not ended, and has the last word.
      const { status: lastStatus, body: ticket } = await first
      assert.deepEqual([lastStatus, ticket.id], [201, body.ticket_id])
      assert.equal((await post(headers)).status, 201)
    })

    it('tells nobody the sign-in of InvGate or the password of a user', async () => {
      desk.sim.faults.add({ ...fault, mode: 'status', status: 401 })
      const { text } = await post()
      const basic = Buffer.from(`api:${SIMULATOR_PASSWORD}`).toString('base64')
      const sent = JSON.stringify(desk.sim.journal.entries)
      for (const secret of [SIMULATOR_PASSWORD, basic]) {
        assert.ok(!text.includes(secret))
        assert.ok(!desk.logged().includes(secret))
      }
      assert.ok(!sent.includes(PASSWORD))
    })
  })

onEach(engines, 'an InvGate that does not answer', (backend) => {
  it('D4 answers 502 after fifteen seconds, and finds the ticket afterwards', async () => {
    const desk = await startBridgedDesk(backend)
    try {
      desk.sim.faults.add({ endpoint: 'incident', method: 'POST', mode: 'hang_after_commit' })
      const { status, body } = await desk.ask('POST', TICKETS, { token: desk.customer.token, body: FIELDS })
      assert.deepEqual([status, body.error], [502, 'context deadline exceeded'])
      assert.equal(body.sync_state, 'uncertain')
      const ticket = await eventually(
        async () => await desk.read(body.ticket_id),
        ({ sync }) => sync.state === 'synced',
      )
      assert.deepEqual(
        [ticket.inv_gate_id],
        desk.sim.store.incidents().map(({ id }) => String(id)),
      )
    } finally {
      await desk.stop()
    }
  })

  it('refuses an address of a private network when it connects', async () => {
    const desk = await startBridgedDesk(backend, { environment: { INVGATE_ALLOW_PRIVATE: 'false' } })
    try {
      const { status, body } = await desk.ask('POST', TICKETS, { token: desk.customer.token, body: FIELDS })
      assert.equal(status, 502)
      assert.match(body.error, /^armmada error: /)
      assert.equal(desk.sim.journal.entries.length, 0)
    } finally {
      await desk.stop()
    }
  })
})

onEach(engines, 'an incident whose creator has another address by now', (backend) => {
  for (const mode of ['sync', 'deferred'] as const)
    it(`D5 is found by the one that it was sent with, ${mode}`, async () => {
      const desk = await startBridgedDesk(backend, { mode, simulator: { dialect: 'simple' } })
      const { customer, sim } = desk
      const [endpoint, email] = [CREATE.simple, `baru-${mode}@karya.test`]
      try {
        sim.faults.add(
          { endpoint, method: 'POST', mode: 'reset_after_commit' },
          { endpoint, method: 'GET', mode: 'status', status: 503, times: null },
        )
        const { body } = await desk.ask('POST', TICKETS, { token: customer.token, body: FIELDS })
        const id = body.ticket_id ?? body.id
        await eventually(
          async () => await desk.read(id),
          ({ sync }) => sync.state === 'uncertain',
        )
        const changed = await desk.ask('PUT', '/api/v1/users/profile', {
          token: customer.token,
          body: { email, current_password: PASSWORD },
        })
        assert.equal(changed.status, 200, changed.text)
        await eventually(
          async () => await desk.db.withTables<PeopleTables>().selectFrom('people').select('email').execute(),
          (people) => people.some((person) => person.email === email),
        )
        sim.faults.clear()
        desk.clock.advance(SETTLED_MS)
        const ticket = await eventually(
          async () => {
            desk.clock.advance(5_000)
            return await desk.read(id)
          },
          ({ sync }) => sync.state === 'synced',
        )
        assert.deepEqual(
          [ticket.inv_gate_id],
          sim.store.incidents().map((incident) => String(incident.id)),
        )
      } finally {
        await desk.stop()
      }
    })
})
