import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'
import type { SimulatorOptions } from '#simulators/invgate'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { formOf, samples } from '#tests/file-samples'
import { SETTLED_MS } from './deliver-attempt.ts'
import { TICKETS } from './test-desk.ts'
import { type BridgedDesk, SIMULATOR_PASSWORD, startBridgedDesk } from './test-invgate.ts'

/** The list of what a client of InvGate has to pass, in its order, asked of the whole server. */

const FIELDS = { title: 'Printer <rusak>', description: 'Tidak ada toner & kertas.', category_id: 11 }
const USUAL: SimulatorOptions = {
  requestIdStyle: 'string',
  idStyle: 'modern',
  notFound: '404',
  mostCategories: 500,
}

onEach(engines, 'the conformance of the bridge', (backend) => {
  let desk: BridgedDesk

  before(async () => {
    desk = await startBridgedDesk(backend)
  })
  beforeEach(() => {
    desk.sim.faults.clear()
    instance(USUAL)
  })
  after(async () => await desk.stop())

  /** Has the instance answer in another way from now on. */
  const instance = (change: SimulatorOptions) => void Object.assign(desk.sim.settings, change)
  const post = async (by = desk.customer) =>
    await desk.ask('POST', TICKETS, { token: by.token, body: FIELDS })
  const made = (reference: string) =>
    desk.sim.store.incidents().filter(({ description }) => description.includes(reference))
  const posts = () => desk.sim.journal.of('incident', 'POST').length
  const since = (count: number) => desk.sim.journal.entries.slice(count)
  const synced = async (id: string) =>
    await eventually(
      async () => {
        desk.clock.advance(1_000)
        return await desk.read(id)
      },
      ({ sync }) => sync.state === 'synced',
    )

  it('create answers request_id as a string, as a number, or id alone', async () => {
    for (const requestIdStyle of ['string', 'number', 'id'] as const) {
      for (const idStyle of ['modern', 'legacy'] as const) {
        instance({ requestIdStyle, idStyle })
        const { status, text, body } = await post()
        assert.equal(status, 201, text)
        assert.equal(body.inv_gate_id, String(made(body.number)[0]?.id))
      }
    }
  })

  it('a failure under 200 is a 502, and the ticket is not said to be made', async () => {
    desk.sim.faults.add({ endpoint: 'incident', method: 'POST', mode: 'error200' })
    const { status, body } = await post()
    assert.deepEqual(
      [status, body.code, body.error],
      [502, 'invgate_failed', 'armmada error: The operation could not be completed.'],
    )
    const { inv_gate_id: incidentId, sync } = await desk.read(body.ticket_id)
    assert.deepEqual(
      [incidentId, sync],
      [null, { state: 'failed', attempts: 1, last_error: 'The operation could not be completed.' }],
    )
    assert.equal(made(body.number).length, 0)
  })

  it('a page in place of a 401 in JSON is a clean error without the sign-in', async () => {
    instance({ hasHtmlSignIn: true, password: 'another one' })
    try {
      const { status, text, body } = await post()
      assert.deepEqual([status, body.error], [502, 'armmada error: 401 Sign in'])
      const { body: sync } = await desk.ask('GET', `${TICKETS}/sync`, { token: desk.agent.token })
      const told = JSON.stringify(await desk.eventsOf(body.ticket_id))
      const basic = Buffer.from(`api:${SIMULATOR_PASSWORD}`).toString('base64')
      for (const secret of [SIMULATOR_PASSWORD, basic]) {
        for (const place of [text, desk.logged(), JSON.stringify(sync), told]) {
          assert.ok(!place.includes(secret))
        }
      }
    } finally {
      instance({ hasHtmlSignIn: false, password: SIMULATOR_PASSWORD })
    }
  })

  it('no requests as [], no user as false, and no custom fields as [] are read', async () => {
    instance({ notFound: 'false' })
    const newcomer = await desk.enrol()
    await desk.knowEverybody()
    desk.sim.faults.add({ endpoint: 'incident', method: 'POST', mode: 'reset_before' })
    const before = desk.sim.journal.entries.length
    const { body } = await post(newcomer)
    assert.equal(body.sync_state, 'uncertain')
    desk.clock.advance(SETTLED_MS)
    const ticket = await synced(body.ticket_id)
    assert.deepEqual(
      made(body.number).map(({ id }) => String(id)),
      [ticket.inv_gate_id],
    )
    const asked = since(before).map(({ method, endpoint }) => `${method} ${endpoint}`)
    assert.ok(asked.includes('GET incidents.by.customer'), String(asked))
  })

  it('ids of old instances, which are strings, are read', async () => {
    instance({ idStyle: 'legacy' })
    const newcomer = await desk.enrol()
    await desk.knowEverybody()
    desk.sim.faults.add({ endpoint: 'incident', method: 'POST', mode: 'reset_after_commit' })
    const { body } = await post(newcomer)
    assert.equal((await synced(body.ticket_id)).inv_gate_id, String(made(body.number)[0]?.id))
    const user = desk.sim.store.findUserBy('email', newcomer.email)
    assert.equal(made(body.number)[0]?.user_id, user?.id)
  })

  it('the first call for a list carries no page_key, and each next one the key it was given', async () => {
    const { body: earlier } = await post()
    const owner = Number(made(earlier.number)[0]?.user_id)
    desk.sim.seed({
      incidents: Array.from({ length: 205 }, (_, index) => ({ title: `T${index}`, user_id: owner })),
    })
    desk.sim.faults.add({ endpoint: 'incident', method: 'POST', mode: 'reset_before' })
    const before = desk.sim.journal.entries.length
    const { body } = await post()
    desk.clock.advance(SETTLED_MS)
    await synced(body.ticket_id)
    for (const [name, pages] of [
      ['incidents.by.customer', 3],
      ['incidents.last.hour', 1],
    ] as const) {
      const calls = since(before).filter(({ endpoint }) => endpoint === name)
      const [first, ...others] = calls.slice(0, pages).map(({ parameters }) => parameters['page_key'])
      assert.deepEqual([calls.length >= pages, first, others.every(Boolean)], [true, undefined, true], name)
    }
    assert.equal(made(body.number).length, 1)
  })

  for (const [mode, isMade] of [
    ['status', false],
    ['status_after_commit', true],
    ['reset_after_commit', true],
    ['truncate', true],
    ['no_id', true],
  ] as const) {
    it(`POST is sent exactly once: ${mode}`, async () => {
      desk.sim.faults.add({ endpoint: 'incident', method: 'POST', mode, status: 500 })
      const before = posts()
      const { status, body } = await post()
      assert.deepEqual([status, posts()], [502, before + 1])
      if (!isMade) {
        assert.equal(body.sync_state, 'uncertain')
        desk.clock.advance(SETTLED_MS)
      }
      await synced(body.ticket_id)
      assert.deepEqual([made(body.number).length, posts()], [1, before + (isMade ? 1 : 2)])
    })
  }

  it('GET is repeated after a 429, with and without a time to come back at', async () => {
    for (const retryAfter of [1, null]) {
      const before = desk.sim.journal.entries.length
      desk.sim.faults.add({ endpoint: 'user.by', method: 'GET', mode: 'status', status: 429, retryAfter })
      const newcomer = await desk.enrol()
      const { status, text } = await post(newcomer)
      assert.equal(status, 201, text)
      const asked = since(before).filter(({ endpoint }) => endpoint === 'user.by')
      assert.ok(asked.length >= 2 && asked.some((entry) => entry.status === 429))
      assert.equal(desk.sim.store.findUserBy('email', newcomer.email)?.email, newcomer.email)
    }
  })

  it('more than twenty categories are asked for page by page', async () => {
    instance({ mostCategories: 20 })
    const { body } = await desk.ask('GET', `${TICKETS}/catalogues`, { token: desk.customer.token })
    assert.deepEqual([body.source, body.categories.length], ['invgate', 45])
    const pages = desk.sim.journal.of('categories').map(({ parameters }) => parameters['page'])
    assert.deepEqual(pages, ['1', '2', '3', '4'])
  })

  it('the ticket of another customer is a 404, by the id at InvGate as well', async () => {
    const { body } = await post()
    for (const reference of [body.id, body.number, body.inv_gate_id]) {
      const read = async (token: string) => await desk.ask('GET', `${TICKETS}/${reference}`, { token })
      assert.equal((await read(desk.stranger.token)).status, 404)
      assert.equal((await read(desk.customer.token)).status, 200)
    }
  })

  it('files go in parts only, byte for byte', async () => {
    const content = samples['image/png']
    const { body: ticket } = await post()
    const form = formOf({ name: 'text', content: 'Lihat ini' }, { filename: 'bocor.png', content })
    const sent = await desk.app.http.inject({
      method: 'POST',
      url: `${TICKETS}/${ticket.id}/attachments`,
      headers: { ...form.headers, authorization: `Bearer ${desk.customer.token}` },
      payload: form.body,
    })
    assert.equal(sent.statusCode, 201, sent.body)
    const [comment] = await eventually(
      async () => desk.sim.store.comments(Number(ticket.inv_gate_id)),
      ({ length }) => length === 1,
    )
    assert.match(comment?.message ?? '', /^<p>Lihat ini<\/p>/)
    const [fileId, ...more] = comment?.attached_files ?? []
    assert.equal(more.length, 0)
    assert.deepEqual(desk.sim.store.findAttachment(fileId ?? 0)?.content, content)
    for (const { contentType, files, parameters } of desk.sim.journal.entries) {
      assert.equal(
        Object.keys(parameters).some((name) => name.startsWith('attachments')),
        false,
      )
      assert.equal(contentType === 'multipart/form-data', files.length > 0)
    }
  })

  it('POST incidents, which is nothing there, is never sent', () => {
    assert.ok(desk.sim.journal.of('incident', 'POST').length > 10)
    assert.equal(desk.sim.journal.of('incidents', 'POST').length, 0)
  })
})
