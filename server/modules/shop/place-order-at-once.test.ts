import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { sql } from 'kysely'
import { engines, onEach } from '#tests/backends'
import { startTestShop, type TestShop, unique } from './test-shop.ts'

onEach(engines, 'orders at once', (backend) => {
  let shop: TestShop
  before(async () => {
    shop = await startTestShop(backend)
  })
  after(async () => await shop.stop())

  const countOrders = async () =>
    (
      await shop.db
        .selectFrom('orders')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
    ).count

  it('S4 serves orders whose lines come in opposite order', async () => {
    const [a, b] = [await shop.stockUp({ stock: 100 }), await shop.stockUp({ stock: 100 })]
    const there = [a, b].map(({ id }) => ({ id, qty: 1 }))
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, index) => shop.order(index % 2 === 0 ? there : there.toReversed())),
    )
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
    assert.deepEqual([await shop.stockOf(a.id), await shop.stockOf(b.id)], [20, 20])
  })

  it('C6 makes one order of two at once with one Idempotency-Key, and refuses another body', async () => {
    const { id } = await shop.stockUp()
    const key = unique('kunci').replace(' ', '-')
    const lines = [{ id, qty: 2 }]
    const answers = await Promise.all([shop.order(lines, { key }), shop.order(lines, { key })])
    const [one, two] = answers
    assert.deepEqual([one?.status, two?.status], [201, 201], `${one?.text} ${two?.text}`)
    assert.equal(one?.text, two?.text)
    assert.equal(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true').length, 1)
    assert.equal(await shop.stockOf(id), 8)

    const later = await shop.order(lines, { key })
    assert.deepEqual([later.text, later.headers['idempotent-replayed']], [one?.text, 'true'])
    assert.equal((await shop.order([{ id, qty: 3 }], { key })).status, 422)
    assert.equal(await shop.stockOf(id), 8)
  })

  it('C6 keeps no refusal: the same key may succeed once there is stock', async () => {
    const { id } = await shop.stockUp({ stock: 0 })
    const key = unique('kunci').replace(' ', '-')
    assert.equal((await shop.order([{ id, qty: 1 }], { key })).status, 409)
    await shop.ask('PUT', `/api/v1/products/${id}`, { token: shop.administrator.token, body: { stock: 1 } })
    assert.equal((await shop.order([{ id, qty: 1 }], { key })).status, 201)
  })

  it('S4 leaves nothing of an order whose last step fails', async () => {
    const { id } = await shop.stockUp()
    const [orders, ledger] = [await countOrders(), await shop.ledgerOf(id)]
    const key = unique('kunci').replace(' ', '-')
    await sql`alter table outbox rename to outbox_away`.execute(shop.db)
    const failed = await shop.order([{ id, qty: 1 }], { key })
    await sql`alter table outbox_away rename to outbox`.execute(shop.db)
    assert.deepEqual([failed.status, failed.body.code], [500, 'internal'])
    assert.doesNotMatch(failed.text, /outbox|select|insert/i)
    assert.deepEqual([await countOrders(), await shop.stockOf(id)], [orders, 10])
    assert.deepEqual(await shop.ledgerOf(id), ledger)
    assert.equal((await shop.order([{ id, qty: 1 }], { key })).status, 201)
    assert.equal(await countOrders(), orders + 1)
  })

  it('E1 writes order_created in the order’s transaction, with what its consumers know', async () => {
    const { id } = await shop.stockUp({ price: 500 })
    const order = await shop.sell(id, 2)
    const events = await shop.eventsOf(`order/${order.id}`)
    assert.deepEqual(
      events.map(({ type, record_version, actor_id }) => [type, record_version, actor_id]),
      [['order_created', 1, shop.buyer.id]],
    )
    const { order_id, user_id, user_email, total_price, created_at } = events[0]?.data ?? {}
    assert.deepEqual(
      [order_id, user_id, user_email, total_price, created_at],
      [order.id, shop.buyer.id, shop.buyer.email, 1_000, order.created_at],
    )
  })

  it('E1 gives every version of a product exactly one event', async () => {
    const { id } = await shop.stockUp()
    const { token } = shop.administrator
    await Promise.all([shop.sell(id), shop.sell(id), shop.sell(id)])
    const order = await shop.sell(id)
    await shop.ask('PUT', `/api/v1/products/${id}`, { token, body: { stock: 50 } })
    await shop.ask('POST', `/api/v1/transactions/${order.id}/cancel`, { token })
    await shop.ask('DELETE', `/api/v1/products/${id}`, { token })
    const events = await shop.eventsOf(`product/${id}`)
    assert.deepEqual(
      events.map(({ type, record_version }) => [type.replace('product.', ''), record_version]),
      [
        ['created', 1],
        ['stock_changed', 2],
        ['stock_changed', 3],
        ['stock_changed', 4],
        ['stock_changed', 5],
        ['updated', 6],
        ['stock_changed', 7],
        ['deleted', 8],
      ],
    )
    assert.deepEqual(
      events.map(({ data }) => data.stock),
      [10, 9, 8, 7, 6, 50, 51, 51],
    )
  })
})
