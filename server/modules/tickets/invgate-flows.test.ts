import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type Answer, PASSWORD } from '#tests/test-app'
import { SETTLED_MS } from './deliver-attempt.ts'
import type { Ticket } from './schemas.ts'
import { TICKETS } from './test-desk.ts'
import { type BridgedDesk, startBridgedDesk } from './test-invgate.ts'

const CREATE = { 'service-management': 'incident', simple: 'incidents' } as const
const dialects = ['service-management', 'simple'] as const
/** As the clients of the bridge send it, with ids of nobody. */
const FIELDS = {
  title: 'Mesin kopi bocor',
  description: 'Air menetes dari bawah.',
  source_id: 2,
  category_id: 11,
  type_id: 1,
  priority_id: 3,
  creator_id: 1,
  customer_id: 1,
}
const NAMES =
  'id number inv_gate_id title description source_id creator_id customer_id category_id type_id priority_id status ' +
  'creator_email created_at updated_at sync'

for (const dialect of dialects)
  onEach(engines, `the documented ways through tickets, ${dialect}`, (backend) => {
    let desk: BridgedDesk
    let email: string
    let token: string
    const opened: Ticket[] = []

    before(async () => {
      desk = await startBridgedDesk(backend, { simulator: { dialect } })
    })
    beforeEach(() => desk.sim.faults.clear())
    after(async () => await desk.stop())

    const post = async (body: unknown, headers: Record<string, string> = {}) =>
      await desk.ask('POST', '/api/tickets', { token, body, headers })
    const list = async (query: string, by = token) =>
      await desk.ask('GET', `/api/tickets${query}`, { token: by })
    const idsOf = ({ status, text, body }: Answer): string[] => {
      assert.equal(status, 200, text)
      return body.data.map(({ id }: Ticket) => id)
    }

    it('I1 I2 somebody registers and signs in as clients of the bridge do', async () => {
      email = `budi-${dialect}@karya.test`
      const made = await desk.ask('POST', '/api/auth/register', {
        body: { name: 'Budi', lastname: 'Santoso', email, username: `budi-${dialect}`, password: PASSWORD },
      })
      assert.equal(made.status, 201, made.text)
      const signedIn = await desk.ask('POST', '/api/auth/login', { body: { email, password: PASSWORD } })
      assert.equal(signedIn.status, 200, signedIn.text)
      assert.deepEqual(
        [signedIn.body.name, signedIn.body.lastname, signedIn.body.email],
        ['Budi', 'Santoso', email],
      )
      token = signedIn.body.token
    })

    it('D1 a ticket is made there and here, in the name of who asks and of nobody else', async () => {
      const { status, text, body } = await post(FIELDS)
      assert.equal(status, 201, text)
      for (const name of NAMES.split(' ')) assert.ok(Object.hasOwn(body, name), name)
      const { title, description, source_id, category_id, type_id, priority_id, status: state } = body
      assert.deepEqual(
        { title, description, source_id, category_id, type_id, priority_id, creator_id: 1, customer_id: 1 },
        FIELDS,
      )
      assert.deepEqual([state, body.creator_email, body.customer_id], ['new', email, body.creator_id])
      assert.deepEqual(body.sync, { state: 'synced', attempts: 1, last_error: null })
      const incident = desk.sim.store.findIncident(Number(body.inv_gate_id))
      assert.deepEqual(
        [incident?.title, incident?.priority_id, incident?.source_id, incident?.category_id],
        [title, 3, 2, 11],
      )
      assert.ok(incident?.description.includes(description))
      assert.notEqual(incident?.creator_id, 1)
      opened.push(body)
    })

    it('D1 its refusals are said in its sentences', async () => {
      const before = desk.sim.journal.of(CREATE[dialect], 'POST').length
      for (const body of [{ ...FIELDS, title: '' }, { ...FIELDS, description: '  ' }, {}]) {
        const { status, text } = await post(body)
        assert.equal(status, 400)
        assert.ok(text.includes('"error":"title and description are required"'), text)
      }
      const broken = await post('{"title": "a", ')
      assert.equal(broken.status, 400)
      assert.ok(broken.text.includes('"error":"invalid JSON body"'), broken.text)
      const nobody = await desk.ask('POST', '/api/tickets', { body: FIELDS })
      assert.ok(nobody.text.includes('"error":"missing authorization header"'), nobody.text)
      const bad = await desk.ask('POST', '/api/tickets', { body: FIELDS, token: 'no.such.token' })
      assert.ok(bad.text.includes('"error":"invalid token"'), bad.text)
      assert.equal(desk.sim.journal.of(CREATE[dialect], 'POST').length, before)
    })

    it('D2 the list is read page by page with page_key, which is empty at first, by the e-mail', async () => {
      for (const priority of [1, 3]) opened.unshift((await post({ ...FIELDS, priority_id: priority })).body)
      const wanted = opened.map(({ id }) => id)
      const found: string[] = []
      let key = ''
      do {
        const page = await list(
          `?creator_id=${encodeURIComponent(email.toUpperCase())}&limit=2&page_key=${key}`,
        )
        found.push(...idsOf(page))
        assert.deepEqual(
          [page.body.page.next_cursor, page.body.page.has_more],
          [page.body.page_key, page.body.page_key !== null],
        )
        key = encodeURIComponent(page.body.page_key ?? '')
      } while (key !== '')
      assert.deepEqual(found, wanted)
      assert.deepEqual(idsOf(await desk.ask('GET', TICKETS, { token })), wanted)
    })

    it('D2 a customer lists their own whatever they ask for, and the desk all', async () => {
      const foreign = await desk.openTicket({ title: 'Kulkas mati', category_id: 11 }, desk.customer)
      const ofOther = `?creator_id=${encodeURIComponent(desk.customer.email)}`
      assert.deepEqual(idsOf(await list(ofOther)), [])
      assert.deepEqual(idsOf(await list(ofOther, desk.agent.token)), [foreign.id])
      assert.equal(idsOf(await list('', desk.agent.token)).length, opened.length + 1)
    })

    it('D2 the list is filtered by status, priority, assignee and words', async () => {
      const [last, middle, first] = opened
      assert.ok(last && middle && first)
      await desk.ask('PATCH', `${TICKETS}/${middle.id}`, {
        token: desk.agent.token,
        body: { assignee_id: desk.agent.id, title: 'Penggiling macet 100%' },
      })
      for (const [query, expected] of [
        ['?status=new', [last.id, first.id]],
        ['?status=open', [middle.id]],
        ['?priority_id=1', [middle.id]],
        [`?assignee=${desk.agent.id}`, [middle.id]],
        ['?assignee=none', [last.id, first.id]],
        ['?q=PENGGILING', [middle.id]],
        ['?q=100%25', [middle.id]],
        ['?q=nothing-of-it', []],
        ['?status=new&priority_id=3&q=kopi', [last.id, first.id]],
      ] as const) {
        assert.deepEqual(idsOf(await list(query)), expected, query)
      }
      const unknown = await list('?state=new')
      assert.deepEqual([unknown.status, unknown.body.errors[0].pointer], [400, 'state'])
    })

    it('D3 a ticket is read by our id and by the one at InvGate', async () => {
      const [{ id, inv_gate_id: incidentId } = assert.fail()] = opened
      for (const name of [id, incidentId]) {
        const { status, body, headers } = await desk.ask('GET', `/api/tickets/${name}`, { token })
        assert.deepEqual([status, body.id, body.inv_gate_id], [200, id, incidentId])
        assert.equal(typeof headers['etag'], 'string')
      }
      const missing = await desk.ask('GET', '/api/tickets/999999', { token })
      assert.deepEqual([missing.status, missing.body.code], [404, 'ticket_not_found'])
    })

    it('D4 a refusal of InvGate is told in its words, and the ticket is kept', async () => {
      desk.sim.faults.add({ endpoint: CREATE[dialect], method: 'POST', mode: 'status', status: 403 })
      const { status, text, body } = await post(FIELDS)
      assert.equal(status, 502)
      assert.ok(text.includes('"error":"armmada error: 403 Error 403"'), text)
      assert.equal(body.detail, body.error)
      const kept = await desk.read(body.ticket_id)
      assert.deepEqual([kept.sync.state, kept.sync.last_error], ['failed', '403 Error 403'])
    })

    it('D4 an InvGate out of reach is told, and what was meant for it arrives when it is back', async () => {
      await desk.sim.goDown()
      const { status, body } = await post(FIELDS)
      await desk.sim.comeBack()
      assert.equal(status, 502)
      assert.match(body.error, /^armmada error: no connection \(\w+\)$/)
      desk.clock.advance(SETTLED_MS)
      await eventually(
        async () => {
          desk.clock.advance(5_000)
          return await desk.read(body.ticket_id)
        },
        ({ sync }) => sync.state === 'synced',
      )
    })
  })

onEach(engines.slice(0, 1), 'a façade of InvGate that does not answer', (backend) => {
  it('D4 is told as a deadline that has passed, and the ticket found when it was made', async () => {
    const desk = await startBridgedDesk(backend, { simulator: { dialect: 'simple' } })
    try {
      desk.sim.faults.add({ endpoint: 'incidents', method: 'POST', mode: 'hang_after_commit' })
      const { status, text, body } = await desk.ask('POST', '/api/tickets', {
        token: desk.customer.token,
        body: FIELDS,
      })
      assert.equal(status, 502)
      assert.ok(text.includes('"error":"context deadline exceeded"'), text)
      assert.equal(body.sync_state, 'uncertain')
      const ticket = await eventually(
        async () => await desk.read(body.ticket_id),
        ({ sync }) => sync.state === 'synced',
      )
      const incidents = desk.sim.store.incidents().map(({ id }) => String(id))
      assert.deepEqual([ticket.inv_gate_id], incidents)
      assert.equal(desk.sim.journal.of('incidents', 'POST').length, 1)
    } finally {
      await desk.stop()
    }
  })
})
