import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allowedTransitions, isOpen, workOrderStatuses } from './lifecycle.ts'
import { spellStatus, withSpeltStatus } from './spelling.ts'

/** From each status, what a manager may make of it, and what everybody else who works on it may. */
const TABLE = {
  pending: { manager: ['in_progress', 'cancelled'], operator: ['in_progress'] },
  in_progress: { manager: ['on_hold', 'completed', 'cancelled'], operator: ['on_hold', 'completed'] },
  on_hold: { manager: ['in_progress', 'cancelled'], operator: ['in_progress'] },
  completed: { manager: [], operator: [] },
  cancelled: { manager: [], operator: [] },
}

describe('the life of a work order', () => {
  it('W4 goes on as the table says, and only a manager cancels', () => {
    for (const status of workOrderStatuses) {
      assert.deepEqual(allowedTransitions(status, { isManager: true }), TABLE[status].manager, status)
      assert.deepEqual(allowedTransitions(status, { isManager: false }), TABLE[status].operator, status)
    }
  })

  it('W4 is open until it is completed or cancelled', () => {
    assert.deepEqual(workOrderStatuses.filter(isOpen), ['pending', 'in_progress', 'on_hold'])
  })
})

describe('how people write a status', () => {
  it('W4 is understood in any case, with spaces, hyphens, underscores or nothing between the words', () => {
    const spellings = {
      pending: ['Pending', 'PENDING', ' pending '],
      in_progress: ['In Progress', 'in-progress', 'IN_PROGRESS', 'InProgress', 'in  progress'],
      on_hold: ['On Hold', 'on-hold', 'OnHold'],
      completed: ['Completed', 'COMPLETED'],
      cancelled: ['Cancelled', 'CANCELLED'],
    }
    for (const [status, written] of Object.entries(spellings)) {
      for (const each of written) assert.equal(spellStatus(each), status, each)
    }
  })

  it('W4 stays as it is where it is no status, for the schema to refuse', () => {
    for (const written of ['', 'done', 'in progress!', 'constructor', '__proto__', 1, null, ['pending']])
      assert.equal(spellStatus(written), written)
    for (const input of [null, undefined, 'pending', 5, [1]]) assert.equal(withSpeltStatus(input), input)
  })

  it('W4 changes nothing else of what was sent', () => {
    const sent: unknown = JSON.parse('{"status":"On Hold","note":"In Progress","__proto__":{"x":1}}')
    const read = withSpeltStatus(sent)
    assert.equal(JSON.stringify(read), '{"status":"on_hold","note":"In Progress","__proto__":{"x":1}}')
  })
})
