import assert from 'node:assert/strict'
import process from 'node:process'
import { it } from 'node:test'
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
import {
  endState,
  hasLedTo,
  type Send,
  type Step,
  story,
  type Workshop,
  type WorkshopTables,
} from '#tests/workshop-story'
import { check, KNOWN_LISTENERS } from '../support/checker/check.ts'

/**
 * At which points, and at which pass of each, a process may end. The start of a server passes some of them several
 * times already; the later passes are those of the story itself.
 */
const POINTS = crashPoints.filter((point) => /^(outbox|transaction|relay|reader)\./.test(point))
const PASSES = (process.env['PASSES'] ?? '1,4').split(',').map(Number)
/** How many of the ways to spread the points over the steps are told; `all` takes every point at every step. */
const { ROUNDS = '1' } = process.env
/** So long a process with a point armed may live with nothing left to do, so that it may still come to it. */
const IDLE_MS = 300

type Arming = { readonly point: CrashPoint; readonly pass: number }
const armings: readonly Arming[] = POINTS.flatMap((point) => PASSES.map((pass) => ({ point, pass })))

onEach(engines, 'a workshop whose server is killed', (backend) => {
  // Each engine begins elsewhere, so that together they see more than one of them does.
  const offset = engines.indexOf(backend) * 7
  const rounds = ROUNDS === 'all' ? armings.length : Number(ROUNDS)
  const inProcess = carriers.find(({ name }) => name === 'in-process')

  it(`W5 S4 E1 comes to the same end when it is killed at every step, in ${rounds} of ${armings.length} ways`, async (t) => {
    assert.ok(inProcess)
    const undisturbed = await tell(async (theatre) => {
      const server = await theatre.start()
      for (const step of story) {
        await step.take(theatre.workshop)
        await theatre.settle(step, server)
      }
      await theatre.kill(server)
    })
    for (let round = 0; round < rounds; round += 1) {
      let reached = 0
      const disturbed = await tell(async (theatre) => {
        for (const [index, step] of story.entries()) {
          const arming = armings[(index * 5 + offset + round) % armings.length]
          assert.ok(arming)
          if (await theatre.crash(step, arming)) reached += 1
          const server = await theatre.start()
          await step.take(theatre.workshop)
          await theatre.settle(step, server)
          await theatre.kill(server)
        }
      })
      t.diagnostic(`round ${round}: ${reached} of ${story.length} processes came to their point`)
      assert.ok(reached > 0, 'no process has come to the point at which it was to end')
      assert.deepEqual(disturbed, undisturbed)
    }
  })

  type Theatre = {
    readonly workshop: Workshop
    readonly start: (arming?: Arming) => Promise<ServerProcess>
    readonly kill: (server: ServerProcess) => Promise<void>
    /** Takes the step at a server that ends at the point, or when nothing is left to do; whether it came to it. */
    readonly crash: (step: Step, arming: Arming) => Promise<boolean>
    readonly settle: (step: Step, server: ServerProcess) => Promise<void>
  }

  /** Answers the end state of a story, about which the checker has nothing to say. */
  async function tell(performance: (theatre: Theatre) => Promise<void>) {
    assert.ok(inProcess)
    const scene = await setScene(backend, inProcess)
    try {
      const db = scene.db.withTables<WorkshopTables>()
      const theatre = await openTheatre(scene, db)
      await performance(theatre)
      const violations = await check({ environment: scene.environment, listeners: KNOWN_LISTENERS })
      assert.deepEqual(violations, [])
      return await endState(db, theatre.workshop.productId)
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

  async function kill(server: ServerProcess): Promise<void> {
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

  const server = await start()
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
  await drain(db, { limitMs: 30_000, output: server.output })
  await kill(server)

  const workshop = { send, manager, buyer, productId: String(product.body.id) }
  return {
    workshop,
    start,
    kill,
    async crash(step: Step, arming: Arming): Promise<boolean> {
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
      await Promise.race([armed.ended, quiet()])
      const reached = hasEnded
      await kill(armed)
      return reached

      async function quiet(): Promise<void> {
        const isThere = async (): Promise<boolean> => hasEnded || (await hasLedTo(db, step))
        await until(isThere, { limitMs: 20_000, what: `${step.name} has led to what follows` })
        await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
      }
    },
    async settle(step: Step, running: ServerProcess): Promise<void> {
      await until(async () => await hasLedTo(db, step), {
        limitMs: 30_000,
        what: `${step.name} has led to what follows`,
      })
      await drain(db, { limitMs: 30_000, output: running.output })
    },
  }
}
