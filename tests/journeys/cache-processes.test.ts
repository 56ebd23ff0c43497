import assert from 'node:assert/strict'
import process from 'node:process'
import { after, before, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { HOP_MS } from '#platform/cache/change-watch'
import { backends, onEach, type Place } from '#tests/backends'
import type { Client, Reply } from '#tests/client'
import { JOURNEY, signInAsAdministrator, stockUp } from '#tests/journey'
import { type Fleet, startFleet } from '#tests/load-fleet'

const PROCESSES = 4
const ROUNDS = Number(process.env['CACHE_ROUNDS'] ?? 4)

onEach(backends, `products on ${PROCESSES} servers`, (backend) => {
  let place: Place
  let fleet: Fleet
  let token: string
  let first: Client

  before(async () => {
    place = await backend.create()
    fleet = await startFleet({ environment: { ...place.environment, ...JOURNEY }, processes: PROCESSES })
    const [client] = fleet.clients
    assert.ok(client)
    first = client
    ;({ token } = await signInAsAdministrator(first))
  })
  after(async () => {
    await fleet.stop()
    await place.remove()
  })

  async function everywhere(path: string): Promise<Reply[]> {
    const replies = await Promise.all(fleet.clients.map(async ({ ask }) => await ask(path)))
    for (const { status, text } of replies) assert.ok(status < 500, text)
    return replies
  }

  /** Changes something at each server in turn, and looks at once there and a hop later everywhere. */
  async function changeInTurn(
    path: string,
    change: (client: Client, round: number) => Promise<Reply>,
    isShown: (reply: Reply, round: number) => boolean,
  ): Promise<void> {
    for (let round = 1; round <= ROUNDS; round += 1) {
      await everywhere(path)
      const writer = fleet.clients[round % PROCESSES] ?? first
      const { status, text } = await change(writer, round)
      assert.ok(status < 300, text)
      const own = await writer.ask(path)
      assert.ok(isShown(own, round), `the server that wrote still shows ${own.text}`)
      await delay(HOP_MS)
      for (const reply of await everywhere(path))
        assert.ok(isShown(reply, round), `still shown a hop later: ${reply.text}`)
    }
  }

  it('S2 shows a changed product at once where it was changed, and everywhere in a hop', async () => {
    const [id = ''] = await stockUp(first, token, [10])
    const path = `/api/v1/products/${id}`
    await changeInTurn(
      path,
      async ({ ask }, round) => await ask(path, { method: 'PUT', token, body: { price: 1_000 + round } }),
      ({ body }, round) => body.price === 1_000 + round,
    )
  })

  it('S2 S4 shows the stock that an order has left, at once and everywhere in a hop', async () => {
    const [id = ''] = await stockUp(first, token, [100])
    const products = [{ id, qty: 3 }]
    await changeInTurn(
      `/api/v1/products/${id}`,
      async ({ ask }) => await ask('/api/v1/transactions', { method: 'POST', token, body: { products } }),
      ({ body }, round) => body.stock === 100 - 3 * round,
    )
  })

  it('S2 shows a new product in every list, at once and everywhere in a hop', async () => {
    const { body: category } = await first.ask('/api/v1/categories', {
      method: 'POST',
      token,
      body: { name: `Teh ${Math.random()}` },
    })
    await changeInTurn(
      `/api/v1/products?page=1&category_id=${category.id}`,
      async ({ ask }, round) =>
        await ask('/api/v1/products', {
          method: 'POST',
          token,
          body: { name: `Teh ${round}`, price: round, stock: 1, category_id: category.id },
        }),
      ({ body }, round) => body.page.total === round,
    )
  })

  it('S2 shows a deleted product nowhere a hop later', async () => {
    const [id = ''] = await stockUp(first, token, [1])
    const path = `/api/v1/products/${id}`
    for (const { status } of await everywhere(path)) assert.equal(status, 200)
    assert.equal((await first.ask(path, { method: 'DELETE', token })).status, 204)
    assert.equal((await first.ask(path)).status, 404)
    await delay(HOP_MS)
    for (const { status } of await everywhere(path)) assert.equal(status, 404)
  })

  it('S2 answers the second time from a copy, with the same bytes and tag', async () => {
    const [id = ''] = await stockUp(first, token, [1])
    for (const path of [`/api/v1/products/${id}`, '/api/v1/products?page=1']) {
      const missed = await first.ask(path)
      const hit = await first.ask(path)
      assert.deepEqual([missed.headers['x-cache'], hit.headers['x-cache']], ['miss', 'hit'])
      assert.equal(hit.text, missed.text)
      assert.equal(hit.headers['etag'], missed.headers['etag'])
    }
  })
})
