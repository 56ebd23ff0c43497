import assert from 'node:assert/strict'
import process from 'node:process'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Client, createClient } from '#tests/client'
import { signInAsAdministrator } from '#tests/journey'
import { drain } from '#tests/load-backlog'
import { inProcess } from '#tests/load-carriers'
import { judge } from '#tests/load-check'
import { until } from '#tests/load-fleet'
import { type Scene, setScene } from '#tests/load-journey'
import { type Market, openMarket, placeOrders } from '#tests/load-orders'
import { type DatabaseProcess, databaseMissing, startDatabaseProcess } from '#tests/outage-database'
import { type ServerProcess, startServerProcess } from '#tests/server-process'
import type { JournalEntry } from '../support/checker/journal.ts'

/** Each of the faults lasts so long, where it lasts. */
const DOWN_MS = Number(process.env['DOWN_MS'] ?? 4_000)
const HUNG_MS = Number(process.env['HUNG_MS'] ?? 10_000)
const PER_SECOND = Number(process.env['RATE'] ?? 40)
/** The promise: so long after the database is back everything works again. */
const RECOVERED_WITHIN_MS = 10_000
/** What a request may take while the database hangs: the wait for a connection, and some more for a statement. */
const ANSWERED_WITHIN_MS = 8_000

const FAULTS = {
  'its connections are ended three times': async (database: DatabaseProcess) => {
    for (let times = 0; times < 3; times += 1) {
      await database.endConnections()
      await delay(500)
    }
  },
  [`it is down for ${DOWN_MS} ms`]: async (database: DatabaseProcess) => await database.restart(DOWN_MS),
  [`it hangs for ${HUNG_MS} ms`]: async (database: DatabaseProcess) => {
    database.kill('SIGSTOP')
    await delay(HUNG_MS)
    database.kill('SIGCONT')
  },
}

for (const engine of ['postgres', 'mysql'] as const) {
  describe(`a database that fails (${engine})`, { skip: databaseMissing(engine) ?? false }, () => {
    let database: DatabaseProcess
    let scene: Scene
    let server: ServerProcess
    let client: Client
    let market: Market
    /** Of all the faults, one after another. */
    const journal: JournalEntry[] = []
    /** What was begun, so that nothing stays behind when a later step of the beginning fails. */
    const undo: (() => Promise<unknown>)[] = []

    before(async () => {
      database = await startDatabaseProcess(engine)
      undo.push(database.place.remove)
      scene = await setScene(
        { create: async () => ({ ...database.place, remove: async () => {} }) },
        inProcess,
      )
      undo.push(scene.remove)
      server = await startServerProcess({ ...scene.environment, DB_ACQUIRE_TIMEOUT_MS: '2000' })
      undo.push(async () => {
        server.kill('SIGTERM')
        await server.ended
      })
      client = createClient(server.url)
      undo.push(async () => client.close())
      const { token } = await signInAsAdministrator(client)
      market = await openMarket(client, { administrator: token, buyers: 4, stock: 1_000_000 })
    })
    after(async () => {
      for (const step of undo.toReversed()) await step()
    })

    for (const [what, fail] of Object.entries(FAULTS)) {
      it(`E2 C4 the process goes on when ${what}: 503 with Retry-After meanwhile, and nothing lost`, async (t) => {
        const load = placeOrders({
          ...market,
          clients: [client],
          orders: 1_000_000,
          concurrency: 8,
          perSecond: PER_SECOND,
        })
        undo.push(async () => load.stop())
        await delay(1_000)
        await fail(database)
        const backAt = performance.now()
        const before = load.acknowledged.size
        await until(async () => load.acknowledged.size > before + PER_SECOND / 4, {
          limitMs: 60_000,
          what: 'orders are placed again',
        })
        const recoveredMs = performance.now() - backAt
        assert.equal((await client.ask('/health/ready')).status, 200)
        load.stop()
        await load.done
        const { tookMs: drainedMs, details } = await drain(scene.db, {
          limitMs: 60_000,
          output: server.output,
        })
        const answers = JSON.stringify(Object.fromEntries(load.statuses))
        t.diagnostic(
          `answers ${answers}; the slowest ${Math.round(load.slowestMs())} ms; orders again after ${Math.round(recoveredMs)} ms; drained after ${Math.round(drainedMs)} ms (${details})`,
        )
        journal.push(...load.journal)
        const { violations, seen } = await judge(scene, journal)
        t.diagnostic(JSON.stringify(seen))
        assert.deepEqual(violations, [])
        assert.deepEqual(
          [...load.statuses.keys()].filter((status) => status !== 201 && status !== 503 && status !== 409),
          [],
          `${answers}\n${server.output().slice(-4_000)}`,
        )
        assert.equal(load.withoutRetryAfter(), 0)
        assert.ok(load.slowestMs() < ANSWERED_WITHIN_MS, `${load.slowestMs()} ms`)
        assert.ok(recoveredMs + drainedMs < RECOVERED_WITHIN_MS, `${recoveredMs} + ${drainedMs} ms`)
      })
    }
  })
}
