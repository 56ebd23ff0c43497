import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createBreaker } from './breaker.ts'

describe('D4 the breaker before InvGate', () => {
  it('opens after failures in a row, lets one probe through at a time, and closes with a success', () => {
    let now = 0
    const breaker = createBreaker({ threshold: 3, probeEveryMs: 1_000, monotonicMs: () => now })
    const isOpen = (): boolean => {
      try {
        breaker.enter()
        return false
      } catch {
        return true
      }
    }
    breaker.failed()
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    assert.equal(isOpen(), false)
    breaker.failed()
    assert.equal(isOpen(), true)
    now = 999
    assert.equal(isOpen(), true)
    now = 1_000
    assert.deepEqual([isOpen(), isOpen()], [false, true])
    breaker.failed()
    now = 1_999
    assert.equal(isOpen(), true)
    now = 2_000
    assert.equal(isOpen(), false)
    breaker.succeeded()
    assert.deepEqual([isOpen(), isOpen()], [false, false])
  })
})
