import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { engines, onEach, type Place } from '#tests/backends'
import { type Client, createClient } from '#tests/client'
import { findOrderViolations, JOURNEY, lookInto, signInAsAdministrator, stockUp } from '#tests/journey'
import { type ServerProcess, startServerProcess } from '#tests/server-process'

/** Requests each second, and for how long before the signal. */
const RATE = Number(process.env['RATE'] ?? 200)
const LOAD_MS = Number(process.env['LOAD_MS'] ?? 2_000)

onEach(engines, 'stopping', (backend) => {
  let place: Place
  let server: ServerProcess
  let client: Client

  before(async () => {
    place = await backend.create()
  })
  after(async () => await place.remove())

  async function start({ workers = 1 } = {}): Promise<{ token: string; product: string }> {
    server = await startServerProcess({
      ...place.environment,
      ...JOURNEY,
      KARYA_WORKERS: String(workers),
    })
    client = createClient(server.url)
    const { token } = await signInAsAdministrator(client)
    const [product = ''] = await stockUp(client, token, [1_000_000])
    return { token, product }
  }

  for (const { signal, workers } of [
    { signal: 'SIGTERM', workers: 1 },
    { signal: 'SIGINT', workers: 1 },
    { signal: 'SIGTERM', workers: 2 },
  ] as const) {
    const who = workers === 1 ? '' : `, with ${workers} workers,`
    it(`F3 on ${signal} under load${who} breaks no connection, answers no 5xx and ends with 0 within 10 s`, async (t) => {
      const { token, product } = await start({ workers })
      const statuses: number[] = []
      const failures: string[] = []
      const gone = new AbortController()
      void server.ended.then(() => gone.abort())
      const running: Promise<void>[] = []
      const stopAt = performance.now() + LOAD_MS
      let signalledAt = 0
      let sent = 0
      const startedAt = performance.now()
      for (; !gone.signal.aborted; sent += 1) {
        if (signalledAt === 0 && performance.now() > stopAt) {
          signalledAt = performance.now()
          server.kill(signal)
        }
        const asked =
          sent % 4 === 0
            ? client.ask('/api/v1/transactions', {
                method: 'POST',
                token,
                body: { products: [{ id: product, qty: 1 }] },
              })
            : client.ask(`/api/v1/products/${product}`)
        running.push(
          asked.then(
            ({ status }) => void statuses.push(status),
            (error: Error) => void failures.push(codeOf(error)),
          ),
        )
        await delay(1_000 / RATE)
      }
      const reachedRate = (sent * 1_000) / (performance.now() - startedAt)
      await Promise.all(running)
      client.close()

      assert.equal(await server.ended, 0, server.output())
      assert.ok(performance.now() - signalledAt < 10_000)
      assert.ok(statuses.length > (LOAD_MS / 1_000) * RATE * 0.3, `only ${statuses.length} answers`)
      assert.deepEqual(
        statuses.filter((status) => status !== 200 && status !== 201),
        [],
      )
      // When the listener goes, a new connection is refused, or reset if the system had taken it but we had not.
      const refusals = ['fresh ECONNREFUSED', 'fresh ECONNRESET']
      assert.deepEqual(
        failures.filter((failure) => !refusals.includes(failure)),
        [],
      )
      const resets = failures.filter((failure) => failure === 'fresh ECONNRESET')
      // A machine on which the requests do not even get away in time accepts no connections in time either.
      const isStarved = reachedRate < RATE * 0.6
      t.diagnostic(`${Math.round(reachedRate)} requests a second, ${resets.length} connections reset`)
      assert.ok(resets.length <= 5 || isStarved, `${resets.length} new connections were reset`)
      assert.deepEqual(await lookInto(place, findOrderViolations), [])
    })
  }

  it('F3 ends at once on the second signal', async () => {
    await start()
    const idle = createClient(server.url)
    await idle.ask('/health/live')
    server.kill('SIGTERM')
    await delay(200)
    const askedAgainAt = performance.now()
    server.kill('SIGTERM')
    assert.equal(await server.ended, 1)
    assert.ok(performance.now() - askedAgainAt < 1_000)
    idle.close()
    client.close()
  })
})

function codeOf(error: Error & { wasFresh?: boolean }): string {
  return `${error.wasFresh === true ? 'fresh' : 'kept'} ${'code' in error ? String(error.code) : error.message}`
}
