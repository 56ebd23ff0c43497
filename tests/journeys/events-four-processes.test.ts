import assert from 'node:assert/strict'
import process from 'node:process'
import { after, before, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { signInAsAdministrator } from '#tests/journey'
import { drain } from '#tests/load-backlog'
import { judge } from '#tests/load-check'
import { type Fleet, startFleet, until } from '#tests/load-fleet'
import { type Scene, setScene } from '#tests/load-journey'
import { onCombinations } from '#tests/load-matrix'
import { type OrderLoad, openMarket, placeOrders } from '#tests/load-orders'

const PROCESSES = Number(process.env['PROCESSES'] ?? 4)
const PER_SECOND = Number(process.env['RATE'] ?? 60)
/** How often the holder of the lease is stopped. */
const STOPS = Number(process.env['STOPS'] ?? 2)

onCombinations(['postgres+in-process'], `${PROCESSES} processes on one database`, ({ backend, carrier }) => {
  let scene: Scene
  let fleet: Fleet | undefined
  let load: OrderLoad | undefined

  before(async () => {
    scene = await setScene(backend, carrier)
  })
  after(async () => {
    load?.stop()
    for (const { kill } of fleet?.servers() ?? []) kill('SIGCONT')
    await fleet?.stop()
    await scene.remove()
  })

  /** The holder names itself by its machine, its process and a part of its own. */
  async function findHolder(): Promise<{ pid: number; token: number }> {
    const { holder, token } = await scene.db
      .selectFrom('leases')
      .select(['holder', 'token'])
      .where('name', '=', 'events')
      .executeTakeFirstOrThrow()
    return { pid: Number(holder.split(':')[1]), token }
  }

  it(`E1 handle each event once per consumer and each timer once; one that was stopped past its lease completes nothing`, async (t) => {
    fleet = await startFleet({ environment: scene.environment, processes: PROCESSES })
    const [client] = fleet.clients
    assert.ok(client)
    const { token } = await signInAsAdministrator(client)
    const market = await openMarket(client, { administrator: token, buyers: 6, stock: 1_000_000 })
    load = placeOrders({
      ...market,
      clients: fleet.clients,
      orders: 1_000_000,
      concurrency: 16,
      perSecond: PER_SECOND,
    })
    for (let stop = 1; stop <= STOPS; stop += 1) {
      await delay(500 + Math.random() * 500)
      const stopped = await findHolder()
      assert.ok(fleet.servers().some(({ pid }) => pid === stopped.pid))
      process.kill(stopped.pid, 'SIGSTOP')
      const takenOverMs = await until(async () => (await findHolder()).token > stopped.token, {
        limitMs: 20_000,
        what: 'another process takes the lease over',
      })
      // The events that the stopped one had in its hands are handled by then, and now it goes on with them.
      await delay(1_000)
      process.kill(stopped.pid, 'SIGCONT')
      await delay(1_500)
      const holder = await findHolder()
      assert.ok(holder.token > stopped.token, 'the lease went back to a term that was over')
      assert.notEqual(holder.pid, stopped.pid)
      t.diagnostic(`another process took over after ${Math.round(takenOverMs)} ms`)
    }
    load.stop()
    await load.done
    const { details } = await drain(scene.db, { limitMs: 60_000, output: fleet.output })
    t.diagnostic(
      `${load.acknowledged.size} orders; answers ${JSON.stringify(Object.fromEntries(load.statuses))}; drained: ${details}`,
    )
    const { violations, seen } = await judge(scene, load.journal)
    t.diagnostic(JSON.stringify(seen))
    assert.deepEqual(violations, [])
    assert.doesNotMatch(fleet.output(), /unhandled rejection/)
  })
})
