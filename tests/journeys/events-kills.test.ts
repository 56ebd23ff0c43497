import assert from 'node:assert/strict'
import process from 'node:process'
import { after, before, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { signInAsAdministrator } from '#tests/journey'
import { drain } from '#tests/load-backlog'
import { judge } from '#tests/load-check'
import { startFleet } from '#tests/load-fleet'
import { type Scene, setScene } from '#tests/load-journey'
import { onCombinations } from '#tests/load-matrix'
import { openMarket, placeOrders } from '#tests/load-orders'

/** For each combination; all of them together are what the issue asks of CI. */
const ORDERS = Number(process.env['ORDERS'] ?? 400)
const KILLS = Number(process.env['KILLS'] ?? 5)
const PROCESSES = Number(process.env['PROCESSES'] ?? 3)
const CLIENTS = Number(process.env['CLIENTS'] ?? 12)
/** A process is killed so long after the one before is back. */
const PAUSE_MS = { least: 500, most: 2_000 }
/** The promise: so long after the last kill nothing waits any more. */
const DRAINED_WITHIN_MS = 10_000

const USUAL = [
  'sqlite+in-process',
  'postgres+in-process',
  'mysql+in-process',
  'postgres+nats',
  'postgres+kafka',
]

onCombinations(USUAL, 'events while processes are killed', ({ backend, carrier }) => {
  let scene: Scene

  before(async () => {
    scene = await setScene(backend, carrier)
  })
  after(async () => await scene.remove())

  it(`E1 E2 loses no event and has none take effect twice through ${KILLS} kill -9 of ${PROCESSES} processes during ${ORDERS} orders`, async (t) => {
    const fleet = await startFleet({ environment: scene.environment, processes: PROCESSES })
    const [client] = fleet.clients
    assert.ok(client)
    const { token } = await signInAsAdministrator(client)
    const market = await openMarket(client, { administrator: token, buyers: 6, stock: ORDERS * 10 })

    // A kill comes every 1.25 s on average and a start takes most of a second, so that the orders last as long.
    const load = placeOrders({
      ...market,
      clients: fleet.clients,
      orders: ORDERS,
      concurrency: CLIENTS,
      perSecond: ORDERS / (KILLS * 2.2),
    })
    const starts: number[] = []
    let lastKillAt = 0
    async function killAgainAndAgain(): Promise<void> {
      for (let kill = 1; kill <= KILLS; kill += 1) {
        await delay(PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least))
        const victim = Math.floor(Math.random() * PROCESSES)
        lastKillAt = performance.now()
        starts.push(await fleet.killAndRestart(victim))
      }
    }
    const [placedAt] = await Promise.all([load.done.then(() => performance.now()), killAgainAndAgain()])
    assert.equal(load.acknowledged.size, ORDERS)

    const { details } = await drain(scene.db, { limitMs: 60_000, output: fleet.output })
    const drainedMs = performance.now() - Math.max(lastKillAt, placedAt)
    t.diagnostic(
      [
        `${ORDERS} orders, ${KILLS} kills`,
        `answers ${JSON.stringify(Object.fromEntries(load.statuses))}`,
        `start ${Math.round(Math.max(...starts))} ms at most`,
        `the backlog was empty ${Math.round(drainedMs)} ms after the last kill and the last order (${details})`,
      ].join('; '),
    )
    assert.deepEqual(
      await fleet.stop(),
      Array.from({ length: PROCESSES }, () => 0),
      fleet.output(),
    )
    const { violations, seen } = await judge(scene, load.journal)
    t.diagnostic(JSON.stringify(seen))
    assert.deepEqual(violations, [])
    assert.ok(drainedMs < DRAINED_WITHIN_MS, `the backlog was empty only after ${drainedMs} ms`)
  })
})
