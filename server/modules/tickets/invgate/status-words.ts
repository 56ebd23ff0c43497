import type { InvgateStatus } from './contract.ts'

/** The eight statuses of InvGate, whose ids are the same everywhere, as ours. */
const STATUSES: ReadonlyMap<number, InvgateStatus> = new Map([
  [1, { status: 'new', pendingReason: null }],
  [2, { status: 'open', pendingReason: null }],
  [3, { status: 'pending', pendingReason: 'agent' }],
  [4, { status: 'pending', pendingReason: 'customer' }],
  [5, { status: 'solved', pendingReason: null }],
  [6, { status: 'closed', pendingReason: null }],
  [7, { status: 'cancelled', pendingReason: null }],
  [8, { status: 'cancelled', pendingReason: null }],
])

/** Words of the simple dialect, for answers without the id. */
const WORDS: ReadonlyMap<string, number> = new Map([
  ['new', 1],
  ['open', 2],
  ['pending', 3],
  ['waiting', 4],
  ['solved', 5],
  ['closed', 6],
  ['rejected', 7],
  ['cancelled', 8],
])

export function statusOfId(id: number | null): InvgateStatus | null {
  return (id === null ? undefined : STATUSES.get(id)) ?? null
}

export function statusOfWord(word: string): InvgateStatus | null {
  return statusOfId(WORDS.get(word.toLowerCase()) ?? null)
}
