import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import process from 'node:process'
import { it } from 'node:test'
import { type Backend, onEach, type Place, pairs } from '#tests/backends'
import { check } from '#tests/checker/check'
import { type Client, createClient, type Reply } from '#tests/client'
import { JOURNEY, lookInto, signInAsAdministrator, stockUp } from '#tests/journey'
import { type Fleet, startFleet } from '#tests/load-fleet'
import { registerBuyer } from '#tests/load-orders'

/** `BUYERS=1000 UNITS=100 ROUNDS=5` is what must hold; the smaller sizes are for every day. */
const BUYERS = Number(process.env['BUYERS'] ?? 200)
const UNITS = Number(process.env['UNITS'] ?? 20)
const ROUNDS = Number(process.env['ROUNDS'] ?? 1)
/** Accounts take turns: what counts is how many ask at once, and to make an account is slow on purpose. */
const ACCOUNTS = 10
const CONNECTIONS_OF_CLIENT = 64

async function withFleet(
  backend: Backend,
  processes: number,
  use: (fleet: Fleet, place: Place) => Promise<void>,
): Promise<void> {
  const place = await backend.create()
  const fleet = await startFleet({ environment: { ...place.environment, ...JOURNEY }, processes })
  try {
    await use(fleet, place)
  } finally {
    await fleet.stop()
    await place.remove()
  }
}

/** Everybody at once, each with a connection of their own. */
async function buyAtOnce(clients: readonly Client[], tokens: readonly string[], productId: string) {
  return await Promise.all(
    Array.from({ length: BUYERS }, async (_, index): Promise<Reply | undefined> => {
      const token = tokens[index % tokens.length] ?? ''
      return await clients[index % clients.length]?.ask('/api/v1/transactions', {
        method: 'POST',
        token,
        body: { products: [{ id: productId, qty: 1 }] },
        headers: { 'idempotency-key': randomUUID() },
      })
    }),
  )
}

function countBy(replies: readonly (Reply | undefined)[]): Record<string, number> {
  const groups = Map.groupBy(replies, (reply) => `${reply?.status} ${reply?.body?.code ?? ''}`.trim())
  return Object.fromEntries(Array.from(groups, ([what, all]) => [what, all.length]))
}

onEach(pairs, 'selling out', (backend) => {
  for (const processes of [1, 4]) {
    it(`R9 S4 sells exactly ${UNITS} of ${UNITS} to ${BUYERS} at once, ${ROUNDS} times, with ${processes} processes`, async (t) => {
      await withFleet(backend, processes, async (fleet, place) => {
        const [first] = fleet.clients
        assert.ok(first)
        const { token } = await signInAsAdministrator(first)
        const tokens: string[] = []
        for (let index = 0; index < ACCOUNTS; index += 1) tokens.push((await registerBuyer(first)).token)
        const urls = fleet.servers().map(({ url }) => url)
        const clients = Array.from(
          { length: Math.ceil(BUYERS / CONNECTIONS_OF_CLIENT) * urls.length },
          (_, index) => createClient(urls[index % urls.length] ?? ''),
        )
        for (let round = 1; round <= ROUNDS; round += 1) {
          const [productId = ''] = await stockUp(first, token, [UNITS])
          const startedAt = performance.now()
          const replies = await buyAtOnce(clients, tokens, productId)
          t.diagnostic(
            `round ${round}: ${JSON.stringify(countBy(replies))} in ${Math.round(performance.now() - startedAt)} ms`,
          )
          assert.deepEqual(countBy(replies), { '201': UNITS, '409 insufficient_stock': BUYERS - UNITS })
          await lookInto(place, async (db) => {
            const product = db.selectFrom('products').select('stock').where('id', '=', productId)
            assert.equal((await product.executeTakeFirstOrThrow()).stock, 0)
            const sold = db.selectFrom('order_lines').select('order_id').where('product_id', '=', productId)
            const acknowledged = replies.flatMap((reply) => (reply?.status === 201 ? [reply.body.id] : []))
            assert.deepEqual(
              (await sold.execute()).map(({ order_id: id }) => id).toSorted(),
              acknowledged.toSorted(),
            )
          })
        }
        for (const { close } of clients) close()
        await fleet.stop()
        assert.deepEqual(await check({ environment: place.environment, isSettled: false }), [])
      })
    })
  }
})
