import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { userState } from '#tests/people-service'
import { standingOf, toldPerson, unheardPerson } from './person.ts'

const NOW_MS = Date.parse('2026-03-01T08:00:00.000Z')
const claims = {
  userId: 'u',
  sessionId: 's',
  email: 'as-signed@karya.test',
  role: 'agent',
  issuedAtMs: NOW_MS,
}

function known({ version = 3, agoMs = 0, disabled = false, deleted = false } = {}) {
  const at = new Date(NOW_MS - agoMs)
  return {
    email: 'as-heard@karya.test',
    role: 'customer',
    version,
    updated_at: at,
    disabled_at: disabled ? at : null,
    deleted_at: deleted ? at : null,
  }
}

describe('who somebody is here', () => {
  const cases = [
    ['the token alone, when nothing was heard', undefined, 'agent'],
    ['the token, when the copy was made from a token', known({ version: 0 }), 'agent'],
    ['the copy, when it is the newer one', known({ agoMs: -1_000 }), 'customer'],
    ['the copy, when clocks may differ by so much', known({ agoMs: 59_000 }), 'customer'],
    ['the token, when the copy is surely the older one', known({ agoMs: 61_000 }), 'agent'],
    ['nobody, when disabled', known({ disabled: true }), undefined],
    ['nobody, when disabled long ago', known({ disabled: true, agoMs: 86_400_000 }), undefined],
    ['nobody, when deleted', known({ deleted: true }), undefined],
    ['nobody, when deleted long ago', known({ deleted: true, agoMs: 86_400_000 }), undefined],
  ] as const
  for (const [what, row, role] of cases) {
    it(`T5 is ${what}`, () => assert.equal(standingOf(claims, row)?.role, role))
  }

  it('T5 takes the address from where it takes the role', () => {
    assert.equal(standingOf(claims, known())?.email, 'as-heard@karya.test')
    assert.equal(standingOf(claims, known({ agoMs: 61_000 }))?.email, 'as-signed@karya.test')
  })
})

describe('the copy of a user', () => {
  it('T5 has folded keys that fit their columns, whatever the name', () => {
    const state = userState({ name: 'ﷺ'.repeat(200), lastname: 'Ä'.repeat(200), email: 'Siti@Karya.TEST' })
    const row = toldPerson({ state, version: 1, deletedAt: null })
    assert.equal(row.email_key, 'siti@karya.test')
    assert.equal(row.name_key.length, 400)
    assert.equal(row.search_text.length, 800)
  })

  it('T5 takes a language that it does not speak, and none, for that of the server', () => {
    const { locale: _, ...older } = userState()
    for (const state of [older, userState({ locale: null }), userState({ locale: 'jv' })]) {
      assert.equal(toldPerson({ state, version: 1, deletedAt: null }).locale, null)
    }
    assert.equal(toldPerson({ state: userState({ locale: 'en' }), version: 1, deletedAt: null }).locale, 'en')
  })

  it('T5 made from a token gives way to any event', () => {
    const row = unheardPerson(claims)
    assert.deepEqual([row.version, row.role, row.email, row.name], [0, 'agent', claims.email, claims.email])
  })
})
