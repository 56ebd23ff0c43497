import assert from 'node:assert/strict'
import process from 'node:process'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { engines } from '#tests/backends'
import { type Client, createClient } from '#tests/client'
import { signInAsAdministrator } from '#tests/journey'
import { drain, measureBacklog } from '#tests/load-backlog'
import { type BrokerProcess, stoppableBrokers } from '#tests/load-carriers'
import { judge } from '#tests/load-check'
import { type Scene, setScene } from '#tests/load-journey'
import { openMarket, placeOrders } from '#tests/load-orders'
import { type ServerProcess, startServerProcess } from '#tests/server-process'

/** 300 is beyond the two minutes in which NATS drops repeats by itself. */
const OUTAGE_SECONDS = Number(process.env['OUTAGE_SECONDS'] ?? 30)
const PER_SECOND = Number(process.env['RATE'] ?? 40)
/** `sqlite`, `postgres` or `mysql`. */
const ENGINE = process.env['ENGINE'] ?? 'postgres'
/** `nats,kafka` for both. */
const BROKERS = (process.env['BROKERS'] ?? 'nats').toLowerCase().split(',')
const backend = engines.find(({ engine }) => engine === ENGINE)

for (const { name, missing, start } of stoppableBrokers) {
  if (!BROKERS.includes(name.toLowerCase())) continue
  const why = missing ?? backend?.missing ?? false
  describe(`${name} being away`, { skip: why }, () => {
    let broker: BrokerProcess
    let scene: Scene
    let server: ServerProcess
    let client: Client
    const undo: (() => Promise<unknown>)[] = []

    before(async () => {
      assert.ok(backend)
      broker = await start()
      undo.push(broker.remove)
      scene = await setScene(backend, { provide: async () => ({ ...broker, remove: async () => {} }) })
      undo.push(scene.remove)
      server = await startServerProcess(scene.environment)
      undo.push(async () => {
        server.kill('SIGTERM')
        await server.ended
      })
      client = createClient(server.url)
      undo.push(async () => client.close())
    })
    after(async () => {
      for (const step of undo.toReversed()) await step()
    })

    async function brokerState(): Promise<{ status: string; broker: string }> {
      const { body } = await client.ask('/health/ready')
      return { status: body.status, broker: body.checks.broker.status }
    }

    it(`E2 F16 for ${OUTAGE_SECONDS} s delays events and nothing else; then each has its effect once`, async (t) => {
      const { token } = await signInAsAdministrator(client)
      const market = await openMarket(client, { administrator: token, buyers: 6, stock: 10_000_000 })
      const load = placeOrders({
        ...market,
        clients: [client],
        orders: 10_000_000,
        concurrency: 8,
        perSecond: PER_SECOND,
      })
      undo.push(async () => load.stop())
      await delay(1_500)
      assert.deepEqual(await brokerState(), { status: 'ready', broker: 'up' })
      await broker.stop()
      const stoppedAt = performance.now()
      const before = load.acknowledged.size
      await delay((OUTAGE_SECONDS * 1_000) / 2)
      assert.deepEqual(await brokerState(), { status: 'degraded', broker: 'down' })
      await delay((OUTAGE_SECONDS * 1_000) / 2)
      const meanwhile = load.acknowledged.size - before
      const { unpositioned, unpublished, unread } = await measureBacklog(scene.db)
      await broker.restart()
      const backAt = performance.now()
      await delay(500)
      load.stop()
      await load.done
      const { details } = await drain(scene.db, {
        limitMs: 90_000 + OUTAGE_SECONDS * 1_000,
        output: server.output,
      })
      const drainedMs = performance.now() - backAt
      assert.deepEqual(await brokerState(), { status: 'ready', broker: 'up' })
      t.diagnostic(
        [
          `${Math.round((backAt - stoppedAt) / 1_000)} s without it, in which ${meanwhile} orders were placed`,
          `the slowest answer took ${Math.round(load.slowestMs())} ms`,
          `${unpublished} events waited; all had their effect ${Math.round(drainedMs)} ms after the return (${details})`,
        ].join('; '),
      )
      assert.deepEqual([...load.statuses.keys()], [201])
      assert.ok(meanwhile > OUTAGE_SECONDS * PER_SECOND * 0.8, `only ${meanwhile} orders`)
      assert.equal(unpositioned < PER_SECOND * 4, true, `${unpositioned} events had no position`)
      assert.ok(unpublished > meanwhile, `only ${unpublished} events waited: the broker was not away`)
      assert.ok(unread > 0)
      const { violations, seen } = await judge(scene, load.journal)
      t.diagnostic(JSON.stringify(seen))
      assert.deepEqual(violations, [])
    })
  })
}
