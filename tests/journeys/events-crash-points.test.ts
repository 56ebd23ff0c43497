import assert from 'node:assert/strict'
import process from 'node:process'
import { after, before, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type CrashPoint, crashPoints } from '#platform/crash-point'
import { type Client, createClient } from '#tests/client'
import { type HttpSink, startHttpSink } from '#tests/http-sink'
import { signInAsAdministrator } from '#tests/journey'
import { drain } from '#tests/load-backlog'
import { judge } from '#tests/load-check'
import { failConsumers } from '#tests/load-faults'
import { type Scene, setScene } from '#tests/load-journey'
import { onCombinations } from '#tests/load-matrix'
import { type Market, openMarket, registerBuyer } from '#tests/load-orders'
import { freePort, startServerProcess } from '#tests/server-process'
import type { JournalEntry } from '../support/checker/journal.ts'

/** At which passes of each point the process is killed; where it is not said, at the second as well where starts are quick. */
const { PASSES } = process.env
/** So long a process may live with a point armed, while something is asked of it all the time. */
const REACHED_WITHIN_MS = 20_000

const withoutBroker = crashPoints.filter((point) => !/^(nats|kafka)\.|publish/.test(point))
/** Without a broker effects have a transaction of their own only when something was left over: at the start, if at all. */
const ofEffectsApart: readonly CrashPoint[] = ['reader.before-transaction', 'reader.after-transaction']
const ofRelay = crashPoints.filter((point) => /^(relay|reader|timers)\./.test(point))

/** Which points are reached where; the first three see them all. */
const POINTS: Readonly<Record<string, readonly CrashPoint[]>> = {
  'sqlite+in-process': withoutBroker.filter((point) => !ofEffectsApart.includes(point)),
  'sqlite+nats': [
    ...ofEffectsApart,
    ...crashPoints.filter((point) => /^nats\.|publish/.test(point) && !point.startsWith('kafka.')),
  ],
  'sqlite+kafka': crashPoints.filter((point) => point.startsWith('kafka.')),
  'postgres+nats': ofRelay,
}
const WANTED = new RegExp(process.env['POINTS'] ?? '')
const reached = new Set<CrashPoint>()

onCombinations(
  Object.keys(POINTS),
  'a process that ends at a named point',
  ({ backend, carrier, spelling }) => {
    let scene: Scene
    let sink: HttpSink
    let market: Market
    let port: string
    const journal: JournalEntry[] = []
    const points = (POINTS[spelling] ?? crashPoints).filter((point) => WANTED.test(point))

    before(async () => {
      scene = await setScene(backend, carrier)
      sink = await startHttpSink()
      port = String(await freePort())
      const { client, stop } = await start()
      const { token } = await signInAsAdministrator(client)
      market = await openMarket(client, { administrator: token, buyers: 2, stock: 1_000_000 })
      await addWebhook(client, token)
      await stop()
    })
    after(async () => {
      await sink.stop()
      await scene.remove()
    })

    async function start(more: Readonly<Record<string, string>> = {}) {
      const server = await startServerProcess({
        ...scene.environment,
        WEBHOOKS_ALLOW_PRIVATE: 'true',
        ...more,
        PORT: port,
      })
      const client = createClient(server.url)
      const stop = async (): Promise<void> => {
        client.close()
        server.kill('SIGTERM')
        assert.equal(await server.ended, 0, server.output())
      }
      return { server, client, stop }
    }

    async function addWebhook({ ask }: Client, token: string): Promise<void> {
      const body = { url: `${sink.url}/orders`, event_types: ['order_created'] }
      const { status, text } = await ask('/api/v1/webhooks', { method: 'POST', token, body })
      assert.equal(status, 201, text)
    }

    /** The orders that the outside system was told of, each once however often it was told. */
    function toldOrders(): string[] {
      return [
        ...new Set(sink.received.map(({ body }) => String(JSON.parse(body.toString()).subject))),
      ].toSorted()
    }

    /** Starts a process that is to end at the point, asks things of it until it has, and answers how it ended. */
    async function crashAt(point: CrashPoint, pass: number): Promise<void> {
      const environment = { KARYA_CRASHPOINT: `${point}:${pass}` }
      let armed: Awaited<ReturnType<typeof start>>
      try {
        armed = await start(environment)
      } catch (error) {
        // What was left to do by the process before may lead there before the first request.
        assert.match(String(error), /ended with SIGKILL/)
        return
      }
      const gone = new AbortController()
      void armed.server.ended.then(() => gone.abort())
      const mend = point.includes('failure') ? await failConsumers(scene.db) : async () => {}
      await Promise.race([keepAsking(armed.client, gone.signal), armed.server.ended])
      armed.client.close()
      if (!gone.signal.aborted) armed.server.kill('SIGTERM')
      const ending = await armed.server.ended
      await mend()
      assert.equal(ending, 'SIGKILL', `${point} was not passed ${pass} times\n${armed.server.output()}`)
    }

    async function keepAsking(client: Client, gone: AbortSignal): Promise<void> {
      const until = performance.now() + REACHED_WITHIN_MS
      while (!gone.aborted && performance.now() < until) {
        await Promise.all([placeOrder(client), registerBuyer(client).catch(() => null)])
        await delay(50)
      }
    }

    let orders = 0
    async function placeOrder(client: Client): Promise<void> {
      const order = orders++
      const key = `order-${order}`
      const question = {
        method: 'POST',
        token: market.buyers[order % market.buyers.length]?.token ?? '',
        body: { products: market.products.map((id) => ({ id, qty: 1 })) },
        headers: { 'idempotency-key': key },
        timeoutMs: 5_000,
      }
      const reply = await client.ask('/api/v1/transactions', question).catch(() => null)
      journal.push({ key, status: reply?.status ?? null, id: reply?.status === 201 ? reply.body.id : null })
    }

    const passes = PASSES ?? (spelling === 'sqlite+in-process' ? '1,2' : '1')
    for (const pass of passes.split(',').map(Number)) {
      it(`E1 E2 loses nothing and repeats nothing when it ends at each of ${points.length} points, at pass ${pass}`, async (t) => {
        const slowest = { point: '', tookMs: 0 }
        for (const point of points) {
          const startedAt = performance.now()
          await crashAt(point, pass)
          reached.add(point)
          // As if the time of the dead process had run out: the next one need not wait for it.
          await scene.db
            .updateTable('leases')
            .set({ until_at: new Date(0) })
            .execute()
          const tookMs = performance.now() - startedAt
          if (tookMs > slowest.tookMs) Object.assign(slowest, { point, tookMs })
        }
        const { server, stop } = await start()
        const { tookMs: drainedMs, details } = await drain(scene.db, {
          limitMs: 60_000,
          output: server.output,
        })
        await stop()
        t.diagnostic(
          `${points.length} points; ${orders} orders; drained in ${Math.round(drainedMs)} ms (${details}); the slowest was ${slowest.point} with ${Math.round(slowest.tookMs)} ms`,
        )
        const { violations, seen } = await judge(scene, journal)
        t.diagnostic(JSON.stringify(seen))
        assert.deepEqual(violations, [])
        const kept = await scene.db.selectFrom('orders').select('id').execute()
        assert.deepEqual(toldOrders(), kept.map(({ id }) => `order/${id}`).toSorted())
      })
    }
  },
)

it('E1 E2 all the points were reached', { skip: process.env['COMBINATIONS'] !== undefined }, () => {
  assert.deepEqual(
    crashPoints.filter((point) => !reached.has(point)),
    [],
  )
})
