import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import { assignmentAfter, NOBODY } from './assignment.ts'
import { readDeadline, readStart } from './moments.ts'

const both = { operatorId: 'a', operatorIds: ['a', 'b'] }

describe('who works on an order', () => {
  it('W1 is the responsible one, with those who are named besides', () => {
    assert.deepEqual(assignmentAfter(NOBODY, {}), NOBODY)
    assert.deepEqual(assignmentAfter(NOBODY, { operator_id: 'a' }), { operatorId: 'a', operatorIds: ['a'] })
    assert.deepEqual(assignmentAfter(NOBODY, { operator_ids: ['b', 'a'] }), {
      operatorId: 'b',
      operatorIds: ['b', 'a'],
    })
    assert.deepEqual(assignmentAfter(NOBODY, { operator_id: 'a', operator_ids: ['b'] }), {
      operatorId: 'a',
      operatorIds: ['a', 'b'],
    })
  })

  it('W2 changes as it is said: another responsible one takes the place of the one before', () => {
    assert.equal(assignmentAfter(both, {}), both)
    assert.deepEqual(assignmentAfter(both, { operator_id: 'c' }), {
      operatorId: 'c',
      operatorIds: ['c', 'b'],
    })
    assert.deepEqual(assignmentAfter(both, { operator_id: 'b' }), { operatorId: 'b', operatorIds: ['b'] })
    assert.deepEqual(assignmentAfter(both, { operator_id: null }), { operatorId: null, operatorIds: ['b'] })
  })

  it('W2 keeps the responsible one who is in the new list, and takes its first one otherwise', () => {
    assert.deepEqual(assignmentAfter(both, { operator_ids: ['c', 'a'] }), {
      operatorId: 'a',
      operatorIds: ['a', 'c'],
    })
    assert.deepEqual(assignmentAfter(both, { operator_ids: ['c', 'd'] }), {
      operatorId: 'c',
      operatorIds: ['c', 'd'],
    })
    assert.deepEqual(assignmentAfter(both, { operator_ids: [] }), NOBODY)
  })
})

describe('when an order is due', () => {
  const businessDays = createBusinessDays('Asia/Jakarta')
  const pointer = '/deadline'

  it('W1 is the end of a business day that is written as a day, and the moment that is written otherwise', () => {
    const end = readDeadline(businessDays, { text: '2026-11-21', pointer })
    assert.equal(end.toISOString(), '2026-11-21T16:59:59.999Z')
    assert.equal(businessDays.dayOf(end), '2026-11-21')
    const start = readStart(businessDays, { text: '2026-11-21', pointer })
    assert.equal(start.toISOString(), '2026-11-20T17:00:00.000Z')
    const moment = { text: '2026-11-21T10:00:00+07:00', pointer }
    assert.equal(readDeadline(businessDays, moment).toISOString(), '2026-11-21T03:00:00.000Z')
    assert.equal(readStart(businessDays, moment).toISOString(), '2026-11-21T03:00:00.000Z')
  })

  it('W1 is no leap second', () => {
    const refused = { kind: 'invalid' }
    assert.throws(() => readDeadline(businessDays, { text: '2016-12-31T23:59:60Z', pointer }), refused)
  })
})
