import assert from 'node:assert/strict'
import { it } from 'node:test'
import { moveOf } from './deliver-moves.ts'

type State = readonly [status: string, pendingReason?: string | null, rating?: number | null]

function toColumns([status, reason = null, rating = null]: State) {
  return { status, pending_reason: reason, rating }
}

it('D7 every move has the word of InvGate for it, or none', () => {
  const moves: readonly (readonly [State, State, string | null])[] = [
    [['new'], ['open'], null],
    [['new'], ['pending', 'customer'], 'waiting_for_customer'],
    [['open'], ['pending', 'vendor'], null],
    [['pending', 'vendor'], ['pending', 'customer'], 'waiting_for_customer'],
    [['pending', 'customer'], ['open'], 'open'],
    [['pending', 'vendor'], ['open'], null],
    [['open'], ['solved'], 'solved'],
    [['solved'], ['open'], 'not_accepted'],
    [['solved'], ['closed', null, 5], 'accepted'],
    [['solved'], ['closed'], null],
    [['open'], ['cancelled'], 'cancelled'],
    [['open'], ['open'], null],
  ]
  for (const [before, after, expected] of moves)
    assert.equal(moveOf(toColumns(before), toColumns(after)), expected, `${before.join()} to ${after.join()}`)
})
