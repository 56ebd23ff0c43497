import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import fc from 'fast-check'
import type { EventEnvelope } from '#platform/events/envelope'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { productCopy } from './product-copy.ts'
import { findProduct } from './queries.ts'
import { type DemandScene, envelopeOf, startDemandScene } from './test-demand.ts'

onEach(engines, 'the copy of the shop’s products', (backend) => {
  let scene: DemandScene
  before(async () => {
    scene = await startDemandScene(backend)
  })
  after(async () => await scene.stop())

  function eventsOf(id: string): EventEnvelope[] {
    const subject = `product/${id}`
    const described = (name: string, onHand: number) => ({ id, name, sku: `S-${name}`, on_hand: onHand })
    const moved = (onHand: number) => ({ product_id: id, on_hand: onHand, quantity: 1, kind: 'adjustment' })
    return [
      envelopeOf({ type: 'product.created', subject, recordversion: 1, data: described('Meja', 5) }),
      envelopeOf({ type: 'product.stock_changed', subject, recordversion: 2, data: moved(4) }),
      envelopeOf({ type: 'product.updated', subject, recordversion: 3, data: described('Meja Jati', 4) }),
      envelopeOf({ type: 'product.stock_changed', subject, recordversion: 4, data: moved(9) }),
      envelopeOf({ type: 'product.deleted', subject, recordversion: 5, data: described('Meja Jati', 9) }),
      envelopeOf({ type: 'product.stock_changed', subject, recordversion: 6, data: moved(7) }),
    ]
  }

  async function hear(events: readonly EventEnvelope[]): Promise<void> {
    for (const event of events) await scene.handle(productCopy, event)
  }

  it('W1 follows the name, the stock and the end of a product', async () => {
    const id = systemIds.next()
    const expected = [
      ['Meja', 5, false, 1],
      ['Meja', 4, false, 2],
      ['Meja Jati', 4, false, 3],
      ['Meja Jati', 9, false, 4],
      ['Meja Jati', 9, true, 5],
      ['Meja Jati', 7, true, 6],
    ]
    for (const [index, event] of eventsOf(id).entries()) {
      await hear([event])
      const row = await findProduct(scene.db, id)
      assert.deepEqual([row?.name, row?.on_hand, row?.deleted_at !== null, row?.version], expected[index])
    }
  })

  it('W1 is the same in whatever order the events come, and however often', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
        fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 6 }),
        async (order, again) => {
          const id = systemIds.next()
          const events = eventsOf(id)
          await hear([...order, ...again].flatMap((index) => events[index] ?? []))
          const { id: _id, ...row } = (await findProduct(scene.db, id)) ?? { id }
          assert.deepEqual(row, {
            name: 'Meja Jati',
            sku: 'S-Meja Jati',
            on_hand: 7,
            deleted_at: new Date('2026-11-21T05:00:00.000Z'),
            described_version: 5,
            version: 6,
          })
        },
      ),
      { numRuns: 15 },
    )
  })

  it('W1 knows no product of which it has only heard that the stock has moved', async () => {
    const id = systemIds.next()
    const [created, moved] = eventsOf(id)
    assert.ok(created && moved)
    await hear([moved])
    assert.equal(await findProduct(scene.db, id), undefined)
    const order = { product_id: id, quantity: 1, deadline: '2030-01-15' }
    const ask = async () =>
      await scene.ask('POST', '/api/v1/workorders', { token: scene.manager.token, body: order })
    assert.equal((await ask()).body.errors[0].code, 'unknown_product')
    await hear([created])
    const opened = await ask()
    assert.deepEqual([opened.status, opened.body.product_name], [201, 'Meja'])
    assert.equal((await findProduct(scene.db, id))?.on_hand, 4)
  })

  it('W1 events at once leave the latest', async () => {
    const id = systemIds.next()
    await Promise.all(eventsOf(id).map(async (event) => await hear([event])))
    const row = await findProduct(scene.db, id)
    assert.deepEqual([row?.name, row?.on_hand, row?.version, row?.described_version], ['Meja Jati', 7, 6, 5])
  })
})
