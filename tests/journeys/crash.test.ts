import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { engines, onEach, type Place } from '#tests/backends'
import { createClient } from '#tests/client'
import { findOrderViolations, JOURNEY, lookInto, signInAsAdministrator, stockUp } from '#tests/journey'
import { freePort, type ServerProcess, startServerProcess } from '#tests/server-process'

/** Orders to place, by so many clients, while the server is killed so often. */
const ORDERS = Number(process.env['ORDERS'] ?? 500)
const CLIENTS = Number(process.env['CLIENTS'] ?? 16)
const KILLS = Number(process.env['KILLS'] ?? 2)

onEach(engines, 'being killed', (backend) => {
  let place: Place

  before(async () => {
    place = await backend.create()
  })
  after(async () => await place.remove())

  it(`S4 C6 keeps every acknowledged order whole, and makes each once, through ${KILLS} kill -9 during ${ORDERS} orders`, async () => {
    const environment = { ...place.environment, ...JOURNEY, PORT: String(await freePort()) }
    let server: ServerProcess = await startServerProcess(environment)
    const client = createClient(server.url)
    const { token } = await signInAsAdministrator(client)
    const products = await stockUp(client, token, [ORDERS * 10, ORDERS * 10, ORDERS * 10])
    const acknowledged = new Map<number, string>()
    let next = 0

    async function buy(): Promise<void> {
      for (let order = next++; order < ORDERS; order = next++) {
        const wanted = products
          .slice(0, 1 + (order % products.length))
          .map((id) => ({ id, qty: 1 + (order % 3) }))
        const question = {
          method: 'POST',
          token,
          body: { products: wanted },
          headers: { 'idempotency-key': `order-${order}` },
        }
        while (!acknowledged.has(order)) {
          const reply = await client.ask('/api/v1/transactions', question).catch(() => null)
          if (reply?.status === 201) acknowledged.set(order, reply.body.id)
          else if (reply !== null && reply.status < 500 && reply.status !== 409) throw new Error(reply.text)
          else await delay(20)
        }
      }
    }

    async function killAgainAndAgain(): Promise<void> {
      for (let kill = 1; kill <= KILLS; kill += 1) {
        while (acknowledged.size < (ORDERS * kill) / (KILLS + 1)) await delay(2)
        server.kill('SIGKILL')
        await server.ended
        server = await startServerProcess(environment)
      }
    }

    await Promise.all([killAgainAndAgain(), ...Array.from({ length: CLIENTS }, buy)])
    client.close()
    server.kill('SIGTERM')
    assert.equal(await server.ended, 0)

    assert.equal(acknowledged.size, ORDERS)
    const { orders, violations } = await lookInto(place, async (db) => ({
      orders: await db.selectFrom('orders').select('id').execute(),
      violations: await findOrderViolations(db),
    }))
    assert.deepEqual(violations, [])
    assert.deepEqual(new Set(orders.map(({ id }) => id)), new Set(acknowledged.values()))
  })
})
