import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { engines, onEach, type Place } from '#tests/backends'
import { type Client, createClient } from '#tests/client'
import { JOURNEY, signInAsAdministrator } from '#tests/journey'
import { type ServerProcess, startServerProcess } from '#tests/server-process'

const USES = Number(process.env['USES'] ?? 32)
/** The window of F9 in which the immediate predecessor may come again. */
const REPLAY_WINDOW_MS = 10_000

onEach(engines, 'refreshing in two processes', (backend) => {
  let place: Place
  let servers: ServerProcess[]
  let clients: Client[]

  before(async () => {
    place = await backend.create()
    const environment = { ...place.environment, ...JOURNEY }
    servers = [await startServerProcess(environment), await startServerProcess(environment)]
    clients = servers.map(({ url }) => createClient(url))
  })
  after(async () => {
    for (const { close } of clients) close()
    for (const { kill } of servers) kill('SIGTERM')
    await Promise.all(servers.map(({ ended }) => ended))
    await place.remove()
  })

  function clientOf(index: number): Client {
    const client = clients[index % clients.length]
    assert.ok(client)
    return client
  }

  async function refresh(index: number, token: string) {
    return await clientOf(index).ask('/api/v1/auth/refresh', {
      method: 'POST',
      body: { refresh_token: token },
    })
  }

  it(`F9 answers ${USES} uses of one token at once with one successor, and ends the family on a replay after the window`, async () => {
    const { refreshToken: first } = await signInAsAdministrator(clientOf(0))
    const answers = await Promise.all(
      Array.from({ length: USES }, async (_, index) => await refresh(index, first)),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    const successors = new Set(answers.map(({ body }) => body.refresh_token))
    assert.equal(successors.size, 1)

    const [successor] = successors
    const accessToken = answers[0]?.body.access_token
    const profile = async (index: number) =>
      await clientOf(index).ask('/api/v1/users/profile', { token: accessToken })
    assert.equal((await profile(0)).status, 200)
    assert.equal((await profile(1)).status, 200)

    await delay(REPLAY_WINDOW_MS + 200)
    assert.equal((await refresh(1, first)).status, 401)
    assert.equal((await refresh(0, successor)).status, 401)
    // What another process remembers of a caller is never older than a second.
    await delay(1_000)
    assert.equal((await profile(0)).status, 401)
    assert.equal((await profile(1)).status, 401)
  })
})
