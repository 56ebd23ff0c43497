import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allowedToOwner, allowedTransitions, isOrderStatus, orderStatuses } from './lifecycle.ts'

describe('the life of an order', () => {
  it('S5 allows exactly the moves of the contract', () => {
    const moves = Object.fromEntries(orderStatuses.map((status) => [status, allowedTransitions(status)]))
    assert.deepEqual(moves, {
      pending_payment: ['paid', 'cancelled'],
      paid: ['processing', 'cancelled'],
      processing: ['shipped', 'cancelled'],
      shipped: ['completed'],
      completed: [],
      cancelled: [],
    })
  })

  it('S5 leaves nothing to be done after completed and cancelled, and never goes back', () => {
    for (const status of orderStatuses) {
      for (const next of allowedTransitions(status)) {
        assert.ok(orderStatuses.indexOf(next) > orderStatuses.indexOf(status), `${status} → ${next}`)
      }
    }
  })

  it('S5 lets the owner cancel before payment and do nothing else', () => {
    const byOwner = orderStatuses.flatMap((status) => allowedToOwner(status).map((next) => [status, next]))
    assert.deepEqual(byOwner, [['pending_payment', 'cancelled']])
  })

  it('S5 allows the owner nothing that staff may not do', () => {
    for (const status of orderStatuses) {
      for (const next of allowedToOwner(status)) assert.ok(allowedTransitions(status).includes(next))
    }
  })

  it('S5 knows a status by its exact name', () => {
    assert.ok(orderStatuses.every(isOrderStatus))
    assert.deepEqual(['Paid', '', 'refunded', 'constructor'].filter(isOrderStatus), [])
  })
})
