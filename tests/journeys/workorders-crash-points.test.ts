import assert from 'node:assert/strict'
import process from 'node:process'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { type CrashPoint, crashPoints } from '#platform/crash-point'
import { engines, onEach } from '#tests/backends'
import { createClient } from '#tests/client'
import { signInAsAdministrator } from '#tests/journey'
import { drain } from '#tests/load-backlog'
import { carriers } from '#tests/load-carriers'
import { until } from '#tests/load-fleet'
import { type Scene, setScene } from '#tests/load-journey'
import { registerBuyer } from '#tests/load-orders'
import { freePort, type ServerProcess, startServerProcess } from '#tests/server-process'
import { endState, hasLedTo, type Send, type Step, story, type WorkshopTables } from '#tests/workshop-story'
import { check, KNOWN_LISTENERS } from '../support/checker/check.ts'

/**
 * At which points, and at which pass of each, a process may end. The start of a server passes some of them several
 * times already; the later passes are those of the story itself.
 */
const POINTS = crashPoints.filter((point) => /^(outbox|transaction|relay|reader)\./.test(point))
const PASSES = (process.env['PASSES'] ?? '1,4').split(',').map(Number)
/**
 * Without it the server is killed at every second step, and on the next engine at the others; with a number, or `all`,
 * at every step in so many of the ways to spread the points over the steps.
 */
const { ROUNDS } = process.env
/** So long a process with a point armed may live with nothing left to do, so that it may still come to it. */
const IDLE_MS = 300

type Arming = { readonly point: CrashPoint; readonly pass: number }
const armings: readonly Arming[] = POINTS.flatMap((point) => PASSES.map((pass) => ({ point, pass })))

onEach(engines, 'a workshop whose server is killed', (backend) => {
  // Each engine begins elsewhere, so that together they see more than one of them does.
  const place = engines.indexOf(backend)
  const rounds = ROUNDS === 'all' ? armings.length : Number(ROUNDS ?? 1)
  const isKilledAt = (index: number): boolean => ROUNDS !== undefined || index % 2 === place % 2
  const inProcess = carriers.find(({ name }) => name === 'in-process')

  it(`W5 S4 E1 comes to the same end when it is killed on the way, in ${rounds} of ${armings.length} ways`, async (t) => {
    const undisturbed = await tell(() => null)
    for (let round = 0; round < rounds; round += 1) {
      const ends: boolean[] = []
      const choose = (index: number): Arming | null =>
        isKilledAt(index) ? (armings[(index * 5 + place * 7 + round) % armings.length] ?? null) : null
      const disturbed = await tell(choose, (isThere) => ends.push(isThere))
      const reached = ends.filter((isThere) => isThere).length
      t.diagnostic(`round ${round}: ${reached} of ${ends.length} processes came to their point`)
      assert.ok(reached > 0, 'no process has come to the point at which it was to end')
      assert.deepEqual(disturbed, undisturbed)
    }
  })

  /** Answers the end state of a story, about which the checker has nothing to say. */
  async function tell(
    choose: (index: number) => Arming | null,
    onEnd: (hasReachedPoint: boolean) => void = () => {},
  ) {
    assert.ok(inProcess)
    const scene = await setScene(backend, inProcess)
    try {
      const db = scene.db.withTables<WorkshopTables>()
      const theatre = await openTheatre(scene, db)
      for (const [index, step] of story.entries()) {
        const arming = choose(index)
        if (arming !== null) onEnd(await theatre.crash(step, arming))
        await theatre.take(step)
      }
      await theatre.close()
      const violations = await check({ environment: scene.environment, listeners: KNOWN_LISTENERS })
      assert.deepEqual(violations, [])
      return await endState(db, theatre.productId)
    } finally {
      await scene.remove()
    }
  }
})

async function openTheatre(scene: Scene, db: Kysely<WorkshopTables>) {
  const port = String(await freePort())
  const client = createClient(`http://127.0.0.1:${port}`)
  const send: Send = async (method, path, { token, body, key }) =>
    await client.ask(path, {
      method,
      token,
      ...(body === undefined ? {} : { body }),
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
      timeoutMs: 10_000,
    })

  async function start(arming?: Arming): Promise<ServerProcess> {
    return await startServerProcess({
      ...scene.environment,
      ...(arming === undefined ? {} : { KARYA_CRASHPOINT: `${arming.point}:${arming.pass}` }),
      PORT: port,
    })
  }

  async function kill(server: ServerProcess | null): Promise<void> {
    if (server === null) return
    client.close()
    server.kill('SIGKILL')
    await server.ended
    await bury()
  }

  /** As if the time of the dead process had run out: the next one need not wait for it. */
  async function bury(): Promise<void> {
    await db
      .updateTable('leases')
      .set({ until_at: new Date(0) })
      .execute()
  }

  let running: ServerProcess | null = await start()
  const { token: manager } = await signInAsAdministrator(client)
  const { token: buyer } = await registerBuyer(client)
  const category = await send('POST', '/api/v1/categories', { token: manager, body: { name: 'Mebel' } })
  const product = await send('POST', '/api/v1/products', {
    token: manager,
    body: {
      name: 'Kursi',
      price: 250_000,
      stock: 0,
      stock_policy: 'make_to_order',
      category_id: category.body.id,
    },
  })
  assert.equal(product.status, 201, product.text)
  await drain(db, { limitMs: 30_000, output: running.output })

  const workshop = { send, manager, buyer, productId: String(product.body.id) }
  return {
    productId: workshop.productId,

    /** Takes the step at a server that ends at the point, or when nothing is left to do; whether it came to it. */
    async crash(step: Step, arming: Arming): Promise<boolean> {
      await kill(running)
      running = null
      let armed: ServerProcess
      try {
        armed = await start(arming)
      } catch (error) {
        // What was left to do by the process before, or the start itself, may lead there before the first request.
        assert.match(String(error), /ended with SIGKILL/)
        await bury()
        return true
      }
      let hasEnded = false
      void armed.ended.then(() => (hasEnded = true))
      // Whether it was taken is not known when the answer does not come.
      await step.take(workshop).catch(() => {})
      const isThere = async (): Promise<boolean> => hasEnded || (await hasLedTo(db, step))
      await until(isThere, { limitMs: 20_000, what: `${step.name} has led to what follows` })
      await Promise.race([armed.ended, delay(IDLE_MS)])
      const hasReachedPoint = hasEnded
      await kill(armed)
      return hasReachedPoint
    },

    /** Takes it, whether it was taken before or not, and waits until it has led to everything. */
    async take(step: Step): Promise<void> {
      running ??= await start()
      await step.take(workshop)
      const what = `${step.name} has led to what follows`
      await until(async () => await hasLedTo(db, step), { limitMs: 30_000, what })
      await drain(db, { limitMs: 30_000, output: running.output })
    },

    close: async () => await kill(running),
  }
}
