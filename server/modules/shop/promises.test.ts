import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { promiseTimes } from './promises.ts'

const hour = (hours: number): Date => new Date(Date.UTC(2026, 10, 21) + hours * 3_600_000)
const supply = (remaining: number, until: number | null, from = 0) => ({
  remaining,
  expectedAt: until === null ? null : hour(until),
  asOf: hour(from),
})

it('S5 promises a line for when its last unit is made at an even pace', () => {
  assert.deepEqual(promiseTimes([2, 3, 5], [supply(10, 100)]), [hour(20), hour(50), hour(100)])
})

it('S5 uses up the work order that is expected first', () => {
  assert.deepEqual(promiseTimes([2, 3], [supply(4, 80), supply(4, 8)]), [hour(4), hour(20)])
})

it('S5 promises nothing that only a work order on hold covers, or none', () => {
  assert.deepEqual(promiseTimes([2, 2, 1], [supply(3, 30), supply(10, null)]), [hour(20), null, null])
  assert.deepEqual(promiseTimes([1], []), [null])
  assert.deepEqual(promiseTimes([1], [supply(0, 10)]), [null])
})

it('S5 expects what is late at once', () => {
  assert.deepEqual(promiseTimes([1, 1], [supply(2, 5, 24)]), [hour(24), hour(24)])
})

it('S5 promises nobody anything before those who have waited longer', () => {
  const supplies = [supply(1, 50, 40), supply(2, 60)]
  assert.deepEqual(promiseTimes([1, 1, 1], supplies), [hour(50), hour(50), hour(60)])
  const supplyOf = fc
    .tuple(fc.integer({ min: 0, max: 20 }), fc.option(fc.integer({ min: 0, max: 500 })), fc.nat(100))
    .map(([remaining, until, from]) => supply(remaining, until, from))
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 }),
      fc.array(supplyOf, { maxLength: 6 }),
      (waiting, supplied) => {
        const times = promiseTimes(waiting, supplied)
        const promised = times.filter((time) => time !== null)
        assert.deepEqual(
          promised,
          promised.toSorted((a, b) => a.getTime() - b.getTime()),
        )
        assert.ok(times.slice(promised.length).every((time) => time === null))
        const expected = supplied.reduce(
          (sum, { remaining, expectedAt }) => sum + (expectedAt === null ? 0 : remaining),
          0,
        )
        const covered = waiting.slice(0, promised.length).reduce((sum, units) => sum + units, 0)
        const next = waiting[promised.length] ?? Number.POSITIVE_INFINITY
        assert.ok(covered <= expected && covered + next > expected)
      },
    ),
  )
})
