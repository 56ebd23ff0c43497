import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { startTestFloor, type TestFloor } from './test-floor.ts'

const DAY_MS = 86_400_000
const MOST = 1_000_000_000

onEach(engines, 'the largest numbers of a work order', (backend) => {
  let floor: TestFloor
  before(async () => {
    floor = await startTestFloor(backend, { environment: { ACCESS_TOKEN_TTL: '30d' } })
  })
  after(async () => await floor.stop())

  it('W5 logs what is made so slowly that no calendar goes as far as its end, which nobody then knows', async () => {
    const { id, expected_at: before } = await floor.startWork({ quantity: MOST })
    assert.notEqual(before, null)
    floor.clock.advance(DAY_MS)
    const slow = await floor.report(id, { quantity: 1 })
    assert.equal(slow.status, 201, slow.text)
    assert.deepEqual(
      [slow.body.work_order.expected_at, slow.body.work_order.remaining, slow.body.work_order.version],
      [null, MOST - 1, 3],
    )
    const fast = await floor.report(id, { quantity: MOST / 2 })
    assert.notEqual(fast.body.work_order.expected_at, null, fast.text)
  })

  it('W5 counts no more lost or mended units of an order than stay exact', async () => {
    const { id } = await floor.startWork()
    for (const kind of ['scrap', 'rework'] as const) {
      const last = await floor.report(id, { [kind]: MOST - 1 })
      assert.equal(last.status, 201, last.text)
      const { status, body } = await floor.report(id, { [kind]: 2 })
      assert.deepEqual(
        [status, body.code, body.kind, body.counted, body.most, body.available],
        [409, 'count_too_large', kind, MOST - 1, MOST, 1],
      )
      assert.equal((await floor.report(id, { [kind]: 1 })).body.work_order[kind], MOST)
    }
  })
})
