import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createBusinessDays } from '#platform/business-days'
import { createBusinessTime } from './business-time.ts'
import {
  clockStateOf,
  cutAt,
  explainPeriods,
  periodsOf,
  policyFor,
  reachedAt,
  type Span,
  stopOf,
  targetMs,
  usedMs,
  warningMs,
} from './clock-rules.ts'

const HOUR_MS = 3_600_000
const day = [
  { from: '08:00', to: '12:00' },
  { from: '13:00', to: '17:00' },
]
const time = createBusinessTime({
  days: createBusinessDays('Asia/Jakarta'),
  hours: [day, day, day, day, day, [], []],
  holidays: new Map([['2026-08-17', 'Proklamasi Kemerdekaan']]),
})
/** Jakarta is seven hours ahead the whole year. */
const wib = (text: string): Date => new Date(`${text}:00+07:00`)

/** Statuses by when they began; the last one lasts. `pending/customer` has its reason behind the slash. */
function spansOf(...steps: readonly (readonly [at: string, status: string])[]): Span[] {
  return steps.map(([at, text], index) => {
    const [status = '', reason = null] = text.split('/')
    const next = steps[index + 1]
    return {
      status,
      pending_reason: reason,
      started_at: wib(at),
      ended_at: next === undefined ? null : wib(next[0]),
    }
  })
}

describe('the clocks of a ticket', () => {
  it('D8 Friday 16:00, eight hours, Monday a holiday, three hours waiting for the customer: Wednesday 10:00', () => {
    // Friday 1 h, Tuesday 08-09 1 h, then 09-12 nobody's time, 13-17 4 h, Wednesday 08-10 2 h.
    const spans = spansOf(
      ['2026-08-14T16:00', 'new'],
      ['2026-08-18T09:00', 'pending/customer'],
      ['2026-08-18T12:00', 'open'],
    )
    const periods = periodsOf(spans)
    assert.deepEqual(reachedAt({ time, periods }, targetMs(480)), wib('2026-08-19T10:00'))
    assert.deepEqual(reachedAt({ time, periods }, warningMs(480, 75)), wib('2026-08-18T17:00'))
    const now = wib('2026-08-19T10:00')
    assert.equal(usedMs({ time, periods, now }), 8 * HOUR_MS)
    const holiday = 'Proklamasi Kemerdekaan'
    const rows = [
      ['2026-08-14T16:00', 'counted'],
      ['2026-08-14T17:00', 'outside_hours'],
      ['2026-08-17T00:00', 'holiday'],
      ['2026-08-18T00:00', 'outside_hours'],
      ['2026-08-18T08:00', 'counted'],
      ['2026-08-18T09:00', 'waiting_for_customer'],
      ['2026-08-18T12:00', 'outside_hours'],
      ['2026-08-18T13:00', 'counted'],
      ['2026-08-18T17:00', 'outside_hours'],
      ['2026-08-19T08:00', 'counted'],
      ['2026-08-19T10:00', 'end'],
    ] as const
    const expected = rows.slice(0, -1).map(([from, reason], index) => ({
      from: wib(from),
      until: wib(rows[index + 1]?.[0] ?? ''),
      reason,
      ...(reason === 'holiday' ? { holiday } : {}),
    }))
    assert.deepEqual(explainPeriods({ time, periods, now }), expected)
  })

  it('D8 stands still while it waits for the customer, and for nobody else', () => {
    const waiting = periodsOf(spansOf(['2026-08-18T08:00', 'new'], ['2026-08-18T09:00', 'pending/customer']))
    assert.equal(reachedAt({ time, periods: waiting }, 2 * HOUR_MS), null)
    for (const reason of ['vendor', 'agent', 'date']) {
      const spans = spansOf(['2026-08-18T08:00', 'new'], ['2026-08-18T09:00', `pending/${reason}`])
      assert.deepEqual(reachedAt({ time, periods: periodsOf(spans) }, 2 * HOUR_MS), wib('2026-08-18T10:00'))
    }
  })

  it('D8 a solution stops it, and after a reopening it goes on with what was used', () => {
    const solved = spansOf(['2026-08-18T08:00', 'new'], ['2026-08-18T10:00', 'solved'])
    const none = { respondedAt: null, stoppedAt: null }
    const periods = periodsOf(solved)
    assert.deepEqual(stopOf({ kind: 'resolution', periods, ...none }), wib('2026-08-18T10:00'))
    const closed = periodsOf([
      ...spansOf(['2026-08-18T08:00', 'new'], ['2026-08-18T10:00', 'solved'], ['2026-08-19T10:00', 'closed']),
    ])
    assert.deepEqual(stopOf({ kind: 'resolution', periods: closed, ...none }), wib('2026-08-18T10:00'))
    const again = periodsOf(
      spansOf(['2026-08-18T08:00', 'new'], ['2026-08-18T10:00', 'solved'], ['2026-08-19T10:00', 'open']),
    )
    assert.equal(
      stopOf({ kind: 'resolution', periods: again, respondedAt: null, stoppedAt: wib('2026-08-18T10:00') }),
      null,
    )
    assert.deepEqual(reachedAt({ time, periods: again }, targetMs(240)), wib('2026-08-19T12:00'))
  })

  it('D8 the first response is given once, at the latest with the end of the ticket', () => {
    const periods = periodsOf(
      spansOf(['2026-08-18T08:00', 'new'], ['2026-08-18T10:00', 'solved'], ['2026-08-18T11:00', 'open']),
    )
    const kind = 'first_response' as const
    const respondedAt = wib('2026-08-18T09:00')
    assert.deepEqual(stopOf({ kind, periods, respondedAt, stoppedAt: null }), respondedAt)
    assert.deepEqual(
      stopOf({ kind, periods: periods.slice(0, 2), respondedAt: null, stoppedAt: null }),
      wib('2026-08-18T10:00'),
    )
    const stoppedAt = wib('2026-08-18T10:00')
    assert.deepEqual(stopOf({ kind, periods, respondedAt: wib('2026-08-18T16:00'), stoppedAt }), stoppedAt)
    assert.deepEqual(cutAt(periods, respondedAt), [
      { from: wib('2026-08-18T08:00'), until: respondedAt, standing: 'running' },
    ])
  })

  it('D8 what is solved with its last minute, or before it, is in time', () => {
    const spans = (end: string) =>
      cutAt(periodsOf(spansOf(['2026-08-18T08:00', 'new'], [end, 'solved'])), wib(end))
    const due = (end: string) => reachedAt({ time, periods: spans(end) }, targetMs(60))
    assert.equal(due('2026-08-18T08:59'), null)
    assert.equal(due('2026-08-18T09:00'), null)
    assert.deepEqual(due('2026-08-18T09:01'), wib('2026-08-18T09:00'))
  })

  it('D8 the most particular policy applies', () => {
    const make = (name: string, priority: number | null, category: number | null) => ({
      name,
      priority_id: priority,
      category_id: category,
    })
    const policies = [
      make('all', null, null),
      make('high', 3, null),
      make('pos', null, 7),
      make('both', 3, 7),
    ]
    const nameFor = (priority: number, category: number | null) =>
      policyFor(policies, { priority_id: priority, category_id: category })?.name
    assert.deepEqual(
      [nameFor(2, null), nameFor(3, null), nameFor(2, 7), nameFor(3, 7), nameFor(3, 8)],
      ['all', 'high', 'pos', 'both', 'high'],
    )
    assert.equal(policyFor(policies.slice(1), { priority_id: 1, category_id: null }), undefined)
  })

  it('D8 says how a clock stands', () => {
    const now = wib('2026-08-18T08:00')
    const clock = { target_minutes: 60, breached_at: null, stopped_at: null, paused_at: null }
    const stateOf = (change: object, isCancelled = false) =>
      clockStateOf({ ...clock, ...change }, { isCancelled })
    assert.equal(stateOf({}), 'running')
    assert.equal(stateOf({ paused_at: now }), 'paused')
    assert.equal(stateOf({ stopped_at: now }), 'met')
    assert.equal(stateOf({ stopped_at: now }, true), 'stopped')
    assert.equal(stateOf({ stopped_at: now, breached_at: now }, true), 'breached')
    assert.equal(stateOf({ target_minutes: null, stopped_at: now }), 'no_target')
  })

  it('D8 whatever a ticket lives through, its intervals have no gap and their sums are the whole', () => {
    const statuses = ['open', 'pending/customer', 'pending/vendor', 'solved', 'closed']
    const anyStep = fc.tuple(fc.constantFrom(...statuses), fc.integer({ min: 0, max: 4 * 24 * HOUR_MS }))
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 8 }),
        fc.integer({ min: 1, max: 3_000 }),
        (steps, minutes) => {
          let at = wib('2026-08-13T15:00').getTime()
          const starts = [['new', at] as const, ...steps.map(([status, ms]) => [status, (at += ms)] as const)]
          const spans = starts.map(([text, ms], index): Span => {
            const [status = '', reason = null] = text.split('/')
            const next = starts[index + 1]
            return {
              status,
              pending_reason: reason,
              started_at: new Date(ms),
              ended_at: next === undefined ? null : new Date(next[1]),
            }
          })
          const now = new Date(at + HOUR_MS)
          const periods = periodsOf(spans)
          const intervals = explainPeriods({ time, periods, now })
          const first = starts[0]?.[1] ?? 0
          let reached = first
          let counted = 0
          for (const { from, until, reason } of intervals) {
            assert.equal(from.getTime(), reached)
            reached = until.getTime()
            if (reason === 'counted') counted += until.getTime() - from.getTime()
          }
          assert.equal(reached, now.getTime())
          assert.equal(usedMs({ time, periods, now }), counted)
          const due = reachedAt({ time, periods }, targetMs(minutes))
          if (due !== null && due < now) assert.ok(counted >= targetMs(minutes))
          else if (due !== null) assert.ok(counted <= targetMs(minutes))
          if (due !== null)
            assert.equal(usedMs({ time, periods: cutAt(periods, due), now: due }), targetMs(minutes))
        },
      ),
      { numRuns: 300 },
    )
  })
})
