import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allowedToCustomer, allowedTransitions, isOpen, ticketStatuses } from './lifecycle.ts'

describe('the life of a ticket', () => {
  it('D8 is this table', () => {
    const table = Object.fromEntries(ticketStatuses.map((status) => [status, allowedTransitions(status)]))
    assert.deepEqual(table, {
      new: ['open', 'pending', 'solved', 'cancelled'],
      open: ['pending', 'solved', 'cancelled'],
      pending: ['open', 'solved', 'cancelled'],
      solved: ['closed', 'open'],
      closed: [],
      cancelled: [],
    })
  })

  it('D8 lets the customer take it back while it is open, and decide on its solution', () => {
    const table = Object.fromEntries(ticketStatuses.map((status) => [status, allowedToCustomer(status)]))
    assert.deepEqual(table, {
      new: ['cancelled'],
      open: ['cancelled'],
      pending: ['cancelled'],
      solved: ['closed', 'open'],
      closed: [],
      cancelled: [],
    })
    for (const status of ticketStatuses)
      for (const next of allowedToCustomer(status)) assert.ok(allowedTransitions(status).includes(next))
  })

  it('D8 is open while somebody has still to do something', () => {
    assert.deepEqual(ticketStatuses.filter(isOpen), ['new', 'open', 'pending'])
  })
})
