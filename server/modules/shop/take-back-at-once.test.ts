import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { createOutbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { takeBack } from './fill-waiting.ts'
import { startTestShop, type TestShop } from './test-shop.ts'

const call: Call<unknown> = systemCall
/** Whoever has come to a lock by then meets the race; whoever has not finds everything done, and passes as well. */
const ARRIVAL_MS = 300

/** SQLite has one writer at a time, so that there nothing comes in between. */
const servers = engines.filter(({ engine }) => engine !== 'sqlite')

onEach(servers, 'output taken back while an order is sent', (backend) => {
  let shop: TestShop
  before(async () => {
    shop = await startTestShop(backend, { environment: { KARYA_MODULES: 'identity,shop' } })
  })
  after(async () => await shop.stop())

  it('S5 W5 what is sent already is not taken back, even if it was sent a moment ago', async () => {
    const { db, administrator } = shop
    const must = async (method: string, path: string, body: object) => {
      const { status, text } = await shop.ask(method, `/api/v1${path}`, { token: administrator.token, body })
      assert.ok(status < 300, text)
    }
    const { id } = await shop.stockUp({ stock: 0, stock_policy: 'backorder' })
    const order = await shop.sell(id, 2)
    await must('POST', `/products/${id}/stock`, { kind: 'receipt', quantity: 4, reason: 'Datang' })
    for (const status of ['paid', 'processing'])
      await must('PUT', `/transactions/${order.id}/status`, { status })

    const [sold, sent] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const selling = db.transaction().execute(async (trx) => {
      await trx.updateTable('products').set({ stock: 0 }).where('id', '=', id).execute()
      await sold.promise
    })
    const sending = db.transaction().execute(async (trx) => {
      await trx.updateTable('orders').set({ status: 'shipped' }).where('id', '=', order.id).execute()
      await sent.promise
    })
    await delay(ARRIVAL_MS)
    const nobody = async (): Promise<never> => await Promise.reject(new Error('no timer is changed here'))
    const parts = {
      clock: shop.clock,
      ids: systemIds,
      outbox: createOutbox({ clock: shop.clock, ids: systemIds, traceparent: () => null }),
      timers: { schedule: nobody, cancel: nobody },
    }
    const taking = transaction(db, call, async (trx) => {
      const loss = { call: systemCall, productId: id, quantity: 2, workOrderId: systemIds.next() }
      await takeBack(parts, trx, loss)
    })
    await delay(ARRIVAL_MS)
    sold.resolve()
    await selling
    await delay(ARRIVAL_MS)
    sent.resolve()
    await sending
    await taking

    const [line] = await db
      .selectFrom('order_lines')
      .select('waiting')
      .where('order_id', '=', order.id)
      .execute()
    assert.equal(line?.waiting, 0)
  })
})
