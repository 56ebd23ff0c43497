import assert from 'node:assert/strict'
import process from 'node:process'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Backend, onEach, type Place, pairs } from '#tests/backends'
import { check } from '#tests/checker/check'
import { eventually } from '#tests/event-place'
import { type Answer, type Person, startTestApp, type TestApp } from '#tests/test-app'

/** How many orders race in each of the ways in which money can arrive. */
const RACES = Number(process.env['RACES'] ?? 60)
/** The sweep notices within so long that holds have ended. */
const NOTICED_MS = 2_000
const MINUTE_MS = 60_000

type Way = {
  readonly name: string
  /** The money arrives: 2xx when it came in time, 409 when the order is gone. */
  readonly arrive: (app: TestApp, people: People, orderId: string) => Promise<Answer>
  /** What an order is whose money came in time. */
  readonly won: 'paid' | 'pending_payment'
}

const WAYS: readonly Way[] = [
  {
    name: 'the buyer records a payment',
    arrive: async (app, { buyer }, id) => await pay(app, buyer, id),
    won: 'pending_payment',
  },
  {
    name: 'staff record a payment and confirm it at once',
    async arrive(app, { agent }, id) {
      const recorded = await pay(app, agent, id)
      return recorded.status === 201 ? await confirm(app, agent, recorded.body.id) : recorded
    },
    won: 'paid',
  },
  {
    name: 'staff set it to paid',
    arrive: async (app, { agent }, id) =>
      await app.ask('PUT', `/api/v1/transactions/${id}/status`, {
        token: agent.token,
        body: { status: 'paid' },
      }),
    won: 'paid',
  },
]

type People = { readonly buyer: Person; readonly agent: Person }
/** The servers on one database, whose clock is one as well. */
type Scene = People & { readonly apps: readonly [TestApp, ...TestApp[]]; readonly productId: string }

const pay = async (app: TestApp, { token }: Person, orderId: string) =>
  await app.ask('POST', `/api/v1/transactions/${orderId}/payments`, {
    token,
    body: { method: 'transfer', amount: 10 },
  })
const confirm = async (app: TestApp, { token }: Person, paymentId: string) =>
  await app.ask('POST', `/api/v1/payments/${paymentId}/confirm`, { token })

async function must(answer: Promise<Answer>, status: number) {
  const { text, body, ...rest } = await answer
  assert.equal(rest.status, status, text)
  return body
}

/** Lets the holds of many orders end while money arrives for each of them; answers what the payers were told. */
async function race({ apps, productId, ...people }: Scene, way: Way): Promise<Map<string, Answer>> {
  const [app] = apps
  const body = { products: [{ id: productId, qty: 1 }] }
  const orders: string[] = []
  for (let index = 0; index < RACES; index += 1)
    orders.push(
      (await must(app.ask('POST', '/api/v1/transactions', { token: people.buyer.token, body }), 201)).id,
    )
  app.clock.advance(MINUTE_MS)
  // Half of the money comes before or while the sweep begins, the other half while it ends one hold after the other.
  const hasBegun = untilFirstEnd(app, orders)
  const answers = await Promise.all(
    orders.map(async (id, index) => {
      await (index % 2 === 0 ? hasBegun : delay(Math.random() * NOTICED_MS))
      return [id, await way.arrive(apps[index % apps.length] ?? app, people, id)] as const
    }),
  )
  return new Map(answers)
}

/** Looks without a pause, for all holds have ended a moment after the first. */
async function untilFirstEnd({ db }: TestApp, ids: readonly string[]): Promise<void> {
  const ended = db.selectFrom('orders').select('id').where('id', 'in', ids).where('status', '=', 'cancelled')
  const deadline = Date.now() + 15_000
  while ((await ended.executeTakeFirst()) === undefined) {
    if (Date.now() > deadline) throw new Error('no hold has ended')
    await delay(1)
  }
}

/** What is true of an order when its money came in time, and what when it did not. */
async function judge({ db }: TestApp, way: Way, [id, answer]: readonly [string, Answer]): Promise<boolean> {
  const order = await db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const entries = await db.selectFrom('stock_entries').select('quantity').where('order_id', '=', id).execute()
  const sum = entries.reduce((total, { quantity }) => total + quantity, 0)
  const events = await db.selectFrom('outbox').select('type').where('subject', '=', `order/${id}`).execute()
  const ends = events
    .map(({ type }) => type)
    .filter((type) => type === 'order_paid' || type === 'order_cancelled')
  if (answer.status < 300) {
    assert.deepEqual([order.status, sum], [way.won, -1], answer.text)
    assert.deepEqual(ends, way.won === 'paid' ? ['order_paid'] : [])
    assert.equal(order.hold_until_at, null)
    return true
  }
  assert.equal(answer.status, 409, answer.text)
  assert.ok(['order_is_cancelled', 'transition_not_allowed'].includes(answer.body.code), answer.text)
  assert.deepEqual(
    [order.status, order.cancel_reason, order.paid_minor, sum],
    ['cancelled', 'hold_expired', 0, 0],
  )
  assert.deepEqual(ends, ['order_cancelled'])
  return false
}

/** Answers for how many orders the money came in time. */
async function runRace(scene: Scene, way: Way): Promise<number> {
  const [app] = scene.apps
  const answers = await race(scene, way)
  const orders = [...answers.keys()]
  await eventually(
    async () => await app.db.selectFrom('timers').select('subject').where('subject', 'in', orders).execute(),
    (timers) => timers.length === 0,
  )
  const won = []
  for (const each of answers) won.push(await judge(app, way, each))
  return won.filter(Boolean).length
}

async function setScene(backend: Backend, place: Place, servers: number): Promise<Scene> {
  const shared = { ...backend, create: async () => ({ ...place, remove: async () => {} }) }
  const app = await startTestApp(shared)
  const others = Array.from(
    { length: servers - 1 },
    async () => await startTestApp(shared, { clock: app.clock }),
  )
  const { token } = app.administrator
  await must(app.ask('PUT', '/api/v1/shop/settings', { token, body: { hold_minutes: 1 } }), 200)
  const category = await must(app.ask('POST', '/api/v1/categories', { token, body: { name: 'Kopi' } }), 201)
  const body = { name: 'Kopi', price: 10, stock: RACES * WAYS.length, category_id: category.id }
  const product = await must(app.ask('POST', '/api/v1/products', { token, body }), 201)
  const people = { buyer: await app.enrol(), agent: await app.enrol('agent') }
  return { apps: [app, ...(await Promise.all(others))], ...people, productId: product.id }
}

onEach(pairs, 'a hold that ends while the payment arrives', (backend) => {
  for (const servers of [1, 4]) {
    it(`R9 S5 S7 exactly one of the two wins, ${RACES} times in each way with ${servers} servers, and the ledger sums`, async (t) => {
      const place = await backend.create()
      try {
        const scene = await setScene(backend, place, servers)
        try {
          for (const way of WAYS) {
            const inTime = await runRace(scene, way)
            t.diagnostic(`${way.name}: ${inTime} in time, ${RACES - inTime} too late`)
          }
        } finally {
          await Promise.all(scene.apps.map(async ({ stop }) => await stop()))
        }
        // Afterwards, for nobody may write while it looks from one table to the next.
        assert.deepEqual(await check({ environment: place.environment, isSettled: false }), [])
      } finally {
        await place.remove()
      }
    })
  }
})
