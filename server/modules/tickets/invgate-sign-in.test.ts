import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { TICKETS } from './test-desk.ts'
import { type BridgedDesk, SIMULATOR_PASSWORD, startBridgedDesk } from './test-invgate.ts'

const FIELDS = { title: 'Mesin kopi bocor', description: 'Air menetes dari bawah.', category_id: 11 }

onEach(engines.slice(0, 1), 'the sign-in at InvGate with OAuth2', (backend) => {
  let desk: BridgedDesk

  before(async () => {
    desk = await startBridgedDesk(backend, {
      simulator: { hasOauth: true },
      environment: {
        INVGATE_USERNAME: '',
        INVGATE_PASSWORD: '',
        INVGATE_CLIENT_ID: 'api',
        INVGATE_CLIENT_SECRET: SIMULATOR_PASSWORD,
      },
    })
  })
  beforeEach(() => {
    desk.sim.faults.clear()
    Object.assign(desk.sim.settings, { password: SIMULATOR_PASSWORD, scopes: 'granted' })
  })
  after(async () => await desk.stop())

  const post = async () => await desk.ask('POST', TICKETS, { token: desk.customer.token, body: FIELDS })
  const made = (number: string) =>
    desk.sim.store.incidents().filter(({ description }) => description.includes(number)).length
  /** What an operator does once the cause is mended. */
  async function retry(id: string): Promise<void> {
    await desk.ask('POST', `${TICKETS}/${id}/sync/retry`, { token: desk.agent.token })
    await eventually(
      async () => {
        desk.clock.advance(5_000)
        return await desk.read(id)
      },
      ({ sync }) => sync.state === 'synced',
    )
  }

  it('D4 asks for one token for all that it does, with the scopes for it', async () => {
    const { status, text } = await post()
    assert.equal(status, 201, text)
    const [asked, ...more] = desk.sim.journal.of('oauth')
    assert.equal(more.length, 0)
    assert.match(String(asked?.parameters['scope']), /(?:^| )api\.v1\.incident:post(?: |$)/)
    for (const { endpoint, user } of desk.sim.journal.entries) {
      if (endpoint !== 'oauth') assert.equal(user, 'bearer', endpoint)
    }
  })

  it('D4 takes another token when the one it has is not known any more, and makes the ticket once', async () => {
    await post()
    const [tokens, posts] = [
      desk.sim.journal.of('oauth').length,
      desk.sim.journal.of('incident', 'POST').length,
    ]
    desk.sim.revokeTokens()
    const { status, body, text } = await post()
    assert.equal(status, 201, text)
    assert.equal(desk.sim.journal.of('oauth').length, tokens + 1)
    assert.deepEqual(
      desk.sim.journal
        .of('incident', 'POST')
        .slice(posts)
        .map((entry) => entry.status),
      [401, 200],
    )
    assert.equal(made(body.number), 1)
  })

  it('D4 says that there was no token, keeps the ticket, and makes it when there is one', async () => {
    desk.sim.revokeTokens()
    Object.assign(desk.sim.settings, { password: 'another one' })
    const { status, body } = await post()
    assert.deepEqual([status, body.error], [502, 'armmada error: InvGate gave no token (401)'])
    assert.deepEqual([body.sync_state, made(body.number)], ['failed', 0])
    Object.assign(desk.sim.settings, { password: SIMULATOR_PASSWORD })
    await retry(body.ticket_id)
    assert.equal(made(body.number), 1)
  })

  it('D4 tells of a token that opens nothing, whether or not InvGate does', async () => {
    for (const [scopes, error] of [
      ['lost', /^armmada error: InvGate gave a token without scopes, which opens nothing$/],
      ['lost_silently', /^armmada error: 403 /],
    ] as const) {
      desk.sim.revokeTokens()
      Object.assign(desk.sim.settings, { scopes })
      const { status, body } = await post()
      assert.equal(status, 502)
      assert.match(body.error, error)
      assert.deepEqual([body.sync_state, made(body.number)], ['failed', 0])
      Object.assign(desk.sim.settings, { scopes: 'granted' })
      await retry(body.ticket_id)
      assert.equal(made(body.number), 1)
    }
  })

  it('D4 tells nobody the secret or a token', async () => {
    assert.ok(!desk.logged().includes(SIMULATOR_PASSWORD))
    assert.doesNotMatch(desk.logged(), /[0-9a-f]{48}/)
    const { text } = await desk.ask('GET', `${TICKETS}/sync`, { token: desk.agent.token })
    assert.ok(!text.includes(SIMULATOR_PASSWORD))
  })
})
