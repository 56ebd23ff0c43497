import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { InvgateStatus } from './invgate/contract.ts'
import { besidesMove, hear, isNews, needsReading, ratingToTake, statusToTake } from './poll-rules.ts'

const AT = new Date('2026-11-21T08:00:00Z')
const CUSTOMER = 'customer'

function status(word: InvgateStatus['status'], pendingReason: InvgateStatus['pendingReason'] = null) {
  return { status: word, pendingReason }
}

it('D7 takes a status that has changed at InvGate, unless a move of ours is under way or says the same', () => {
  type Case = readonly [
    ours: readonly [status: string, reason: string | null],
    seen: string | null,
    theirs: InvgateStatus | null,
    isMoving: boolean,
    isTaken: boolean,
  ]
  const cases: readonly Case[] = [
    [['new', null], 'new', status('open'), false, true],
    [['new', null], 'new', status('open'), true, false],
    [['new', null], 'new', null, false, false],
    [['open', null], 'new', status('new'), false, false],
    [['open', null], 'new', status('open'), false, false],
    [['pending', 'vendor'], 'open', status('open'), false, false],
    [['pending', 'vendor'], null, status('open'), false, true],
    [['pending', 'vendor'], 'open', status('pending', 'agent'), false, false],
    [['pending', 'vendor'], 'open', status('pending', 'customer'), false, true],
    [['pending', 'customer'], 'pending/customer', status('pending', 'customer'), false, false],
    [['pending', 'customer'], 'pending/customer', status('pending', 'agent'), false, true],
    [['solved', null], 'solved', status('closed'), false, true],
    [['closed', null], 'closed', status('open'), false, true],
    [['cancelled', null], 'gone', status('new'), false, true],
    [['cancelled', null], 'gone', status('cancelled'), false, false],
  ]
  for (const [[word, reason], seen, theirs, isMoving, isTaken] of cases) {
    const row = { status: word, pending_reason: reason, invgate_status: seen }
    const taken = statusToTake({ row, status: theirs, isMoving })
    assert.deepEqual(taken, isTaken ? theirs : null, JSON.stringify([word, reason, seen, theirs, isMoving]))
  }
})

it('D7 leaves nothing of an end on a ticket that goes on, and everything of a solution on one that is closed', () => {
  const ended = { status: 'closed', solved_at: AT, solution: 'Diganti.' }
  const now = new Date(AT.getTime() + 1)
  assert.deepEqual(besidesMove(ended, { move: { status: 'open' }, solution: null, now }), {
    solved_at: null,
    closed_at: null,
    solution: null,
  })
  const open = { status: 'open', solved_at: null, solution: null }
  assert.deepEqual(besidesMove(open, { move: { status: 'open' }, solution: null, now }), {})
  assert.deepEqual(besidesMove(open, { move: { status: 'closed' }, solution: 'Baru.', now }), {
    solved_at: now,
    solution: 'Baru.',
  })
  assert.deepEqual(besidesMove(ended, { move: { status: 'closed' }, solution: 'Baru.', now }), {
    solved_at: AT,
    solution: 'Diganti.',
  })
})

it('D7 takes a rating of one to five of a closed incident, once', () => {
  const closed = status('closed')
  assert.equal(ratingToTake({ rating: null }, { rating: 4, status: closed }), 4)
  assert.equal(ratingToTake({ rating: 5 }, { rating: 4, status: closed }), null)
  assert.equal(ratingToTake({ rating: null }, { rating: 4, status: status('solved') }), null)
  for (const rating of [null, 0, 6])
    assert.equal(ratingToTake({ rating: null }, { rating, status: closed }), null)
})

it('D7 looks at an incident again when its time, its status or its rating has changed', () => {
  const watched = { invgate_status: 'open', invgate_updated_at: AT, rating: null }
  const incident = {
    id: '1',
    title: '',
    priorityId: null,
    createdAt: AT,
    status: status('open'),
    rating: null,
    updatedAt: new Date(AT),
  }
  assert.equal(isNews(watched, incident), false)
  assert.equal(isNews(watched, { ...incident, updatedAt: new Date(AT.getTime() + 1_000) }), true)
  assert.equal(isNews(watched, { ...incident, status: status('solved') }), true)
  assert.equal(isNews(watched, { ...incident, status: null }), false)
  assert.equal(isNews({ ...watched, invgate_updated_at: null }, { ...incident, updatedAt: null }), false)
})

it('D7 reads the talk until the second is over in which something was said, and after an hour', () => {
  const later = (ms: number) => new Date(AT.getTime() + ms)
  const needs = (seenAt: Date | null, readAt: Date | null, now = later(10_000)) =>
    needsReading({ invgate_seen_at: seenAt, invgate_read_at: readAt }, now)
  assert.equal(needs(AT, null), true)
  assert.equal(needs(null, AT), true)
  assert.equal(needs(AT, later(1_000)), true)
  assert.equal(needs(AT, later(2_000)), false)
  assert.equal(needs(AT, later(2_000), later(3_700_000)), true)
})

it('D7 hears who has spoken last, what the solution is, and nothing of what is internal', () => {
  const said = (fields: object) => ({
    isPublic: true,
    isSolution: false,
    text: 'Ya.',
    createdAt: AT,
    authorId: 7,
    userId: null,
    ...fields,
  })
  const nothing = { respondedAt: null, customerSpokeAt: null, solution: null }
  assert.deepEqual(hear([], CUSTOMER), nothing)
  assert.deepEqual(hear([said({ isPublic: false, isSolution: true })], CUSTOMER), nothing)
  assert.deepEqual(hear([said({ authorId: null })], CUSTOMER), nothing)
  const byCustomer = said({ userId: CUSTOMER })
  assert.deepEqual(hear([byCustomer], CUSTOMER), { ...nothing, customerSpokeAt: AT })
  assert.deepEqual(hear([byCustomer, said({ isSolution: true, text: 'Diganti.' })], CUSTOMER), {
    respondedAt: AT,
    customerSpokeAt: null,
    solution: 'Diganti.',
  })
  assert.deepEqual(hear([said({}), byCustomer], CUSTOMER), {
    ...nothing,
    respondedAt: AT,
    customerSpokeAt: AT,
  })
})
