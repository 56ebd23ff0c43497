import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type { Kysely } from 'kysely'
import type { EventEnvelope } from '#platform/events/envelope'
import { userEvent, userState } from '#tests/people-service'
import { findPerson } from './index.ts'
import type { PeopleTables } from './table.ts'

const change = fc.record({
  name: fc
    .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
    .map((text) => text.replaceAll('\0', ' ')),
  lastname: fc.option(fc.constantFrom('Aminah', 'Śląsk', '100%')),
  username: fc.option(fc.stringMatching(/^[a-z][a-z0-9]{2,8}$/)),
  role: fc.constantFrom('customer', 'agent', 'operator', 'admin'),
  locale: fc.option(fc.constantFrom('en', 'id')),
  disabled: fc.boolean(),
})
export const history = fc.record({
  changes: fc.array(change, { minLength: 1, maxLength: 6 }),
  isDeleted: fc.boolean(),
  /** In which order and how often each event arrives, as places in the history; what is not named comes last. */
  arrivals: fc.array(fc.nat(7), { maxLength: 12 }),
})
type History = typeof history extends fc.Arbitrary<infer Value> ? Value : never

type State = Parameters<typeof userEvent>[0]['state']

/** The type that identity gives to a change. */
function typeOf(states: readonly State[], index: number): string {
  if (index === 0) return 'user.registered'
  return states[index]?.disabled === true && states[index - 1]?.disabled === false
    ? 'user.disabled'
    : 'user.updated'
}

/** The events of one user, in the order in which identity wrote them. */
export function tell({ changes, isDeleted }: History): EventEnvelope[] {
  const first = userState()
  const states = changes.map((fields, index) => ({
    ...first,
    ...fields,
    updated_at: new Date(Date.parse(first.updated_at) + index).toISOString(),
  }))
  const events = states.map((state, index) =>
    userEvent({ type: typeOf(states, index), version: index + 1, state }),
  )
  const last = states.at(-1) ?? first
  return isDeleted
    ? [...events, userEvent({ type: 'user.deleted', version: states.length + 1, state: last })]
    : events
}

export function arrange(events: readonly EventEnvelope[], arrivals: readonly number[]): EventEnvelope[] {
  return [...arrivals.flatMap((place) => events[place] ?? []), ...events]
}

/** Who somebody is in the copy, as their events would say it. */
export async function seePerson(db: Kysely<PeopleTables>, id: string) {
  const row = await findPerson(db, id)
  if (row === undefined) return undefined
  const { name, lastname, email, username, role, locale, version } = row
  const state = { id: row.id, name, lastname, email, username, role, locale, version }
  return { ...state, disabled: row.disabled_at !== null, deleted: row.deleted_at !== null }
}

/** What the last word on a user comes to. */
export function lastWord(event: EventEnvelope | undefined) {
  assert.ok(event)
  const { created_at: _created, updated_at: _updated, ...state } = event.data
  return { ...state, deleted: event.type === 'user.deleted' }
}
