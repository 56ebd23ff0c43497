/** What must be true of a database, its brokers and its mail after whatever has happened to the processes. */
export const invariants = {
  I1: 'every answered write is there, once for each idempotency key',
  I2: 'the stock is what the ledger says, never negative, orders are whole, and the production log adds up',
  'I3-event': 'every committed change has one event',
  'I3-position': 'every event has a position, from 1 on without gap or repeat',
  'I3-message': 'every event is at the broker',
  'I3-inbox': 'every consumer has one inbox row for every event that it listens to',
  'I3-effect': 'every event has had its effect once',
  I4: 'no event, message, inbox row or effect tells of something that is not committed',
  I5: 'the events of one record are in its order',
  I7: 'every timer ends once, and every open task at its end',
} as const

export type Invariant = keyof typeof invariants

export type Violation = { readonly invariant: Invariant; readonly message: string }

/** Says the same of many: the first few by name, the others by number. */
export function each(
  invariant: Invariant,
  names: readonly string[],
  say: (name: string) => string,
): Violation[] {
  const shown = names.slice(0, 20).map((name) => ({ invariant, message: say(name) }))
  const more = names.length - shown.length
  return more > 0 ? [...shown, { invariant, message: `and ${more} more like the last one` }] : shown
}
