import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { expectedFinish } from './forecast.ts'

const HOUR_MS = 3_600_000
const at = (hour: number) => new Date(Date.UTC(2026, 10, 21) + hour * HOUR_MS)

const pending = {
  status: 'pending',
  quantity: 10,
  good: 0,
  plannedStartAt: null,
  deadlineAt: at(20),
  overdueAt: null,
  startedAt: null,
  lastOutputAt: null,
  heldMs: 0,
  outputHeldMs: 0,
} as const
const started = { ...pending, status: 'in_progress', startedAt: at(0) } as const
/** Four of ten in eight hours, which is two hours for each. */
const halfway = { ...started, good: 4, lastOutputAt: at(8) } as const

describe('when an order should be finished', () => {
  it('W1 is its deadline until it is begun, or its planned start where that is later', () => {
    assert.deepEqual(expectedFinish(pending), at(20))
    assert.deepEqual(expectedFinish({ ...pending, plannedStartAt: at(5) }), at(20))
    assert.deepEqual(expectedFinish({ ...pending, plannedStartAt: at(30) }), at(30))
  })

  it('W1 is its deadline moved by what it was held, until something is made', () => {
    assert.deepEqual(expectedFinish(started), at(20))
    assert.deepEqual(expectedFinish({ ...started, heldMs: 3 * HOUR_MS }), at(23))
    assert.deepEqual(expectedFinish({ ...started, lastOutputAt: at(2) }), at(20), 'only scrap')
  })

  it('W5 goes on at its own pace from the last output', () => {
    assert.deepEqual(expectedFinish(halfway), at(20))
    assert.deepEqual(expectedFinish({ ...halfway, good: 8 }), at(10))
    assert.deepEqual(expectedFinish({ ...halfway, good: 12 }), at(8))
    const heldBefore = { heldMs: 4 * HOUR_MS, outputHeldMs: 4 * HOUR_MS }
    assert.deepEqual(expectedFinish({ ...halfway, ...heldBefore }), at(14))
  })

  it('W1 is known to nobody once the day is gone by which it should have been', () => {
    const overdue = { overdueAt: at(20) }
    for (const order of [pending, started, halfway])
      assert.equal(expectedFinish({ ...order, ...overdue }), null)
    assert.deepEqual(expectedFinish({ ...pending, ...overdue, plannedStartAt: at(30) }), at(30))
    assert.deepEqual(expectedFinish({ ...halfway, ...overdue, good: 2, heldMs: 0 }), at(40), 'slower')
    assert.deepEqual(
      expectedFinish({ ...halfway, ...overdue, good: 5, lastOutputAt: at(22) }),
      at(44),
      'since',
    )
  })

  it('W5 is known to nobody where its pace would take it longer than any calendar goes', () => {
    for (const quantity of [100_000_000, 1_000_000_000, 1_000_000_000_000])
      assert.equal(expectedFinish({ ...halfway, quantity }), null, String(quantity))
    assert.deepEqual(expectedFinish({ ...halfway, quantity: 1_000_004 }), at(8 + 2_000_000))
  })

  it('W4 is as much later as it was held since then', () => {
    assert.deepEqual(expectedFinish({ ...halfway, heldMs: 5 * HOUR_MS }), at(25))
    const held = { heldMs: 6 * HOUR_MS, outputHeldMs: 4 * HOUR_MS }
    assert.deepEqual(expectedFinish({ ...halfway, ...held }), at(16))
  })

  it('W4 is known to nobody while it is held, and of no interest once it is closed', () => {
    for (const status of ['on_hold', 'completed', 'cancelled'] as const)
      assert.equal(expectedFinish({ ...halfway, status }), null, status)
  })
})
