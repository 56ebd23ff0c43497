import type { Selectable } from 'kysely'
import { fold } from '#platform/database/search'
import { type Language, languages } from '#platform/language'
import type { UserState } from './schemas.ts'
import type { PersonTable } from './table.ts'

export type PersonRow = Selectable<PersonTable>

/** Who a verified access token is about, and from which sign-in it came. */
export type TokenClaims = {
  readonly userId: string
  readonly sessionId: string
  readonly email: string
  readonly role: string
  readonly issuedAtMs: number
}

type Told = {
  readonly state: UserState
  readonly version: number
  /** Null while the account is there. */
  readonly deletedAt: Date | null
}

/** The copy that an event makes; the same for the same event, whenever it arrives. */
export function toldPerson({ state, version, deletedAt }: Told): PersonRow {
  const { id, name, lastname, email, username, role, locale, disabled } = state
  const updatedAt = new Date(state.updated_at)
  return {
    id,
    name,
    name_key: fold([name, lastname].filter(Boolean).join(' '), 400),
    lastname,
    email,
    email_key: fold(email, 254),
    username,
    role,
    locale: languageOf(locale),
    search_text: fold([name, lastname, email, username].filter(Boolean).join(' '), 800),
    disabled_at: disabled ? updatedAt : null,
    deleted_at: deletedAt,
    updated_at: updatedAt,
    version,
  }
}

/** What is known of somebody whose token came before their events; any event says more, so the version is 0. */
export function unheardPerson({ userId, email, role, issuedAtMs }: TokenClaims): PersonRow {
  const state = {
    id: userId,
    name: email,
    lastname: null,
    email,
    username: null,
    role,
    disabled: false,
    updated_at: new Date(issuedAtMs).toISOString(),
  }
  return toldPerson({ state, version: 0, deletedAt: null })
}

/** A language that this version of the program does not speak is none. */
function languageOf(locale: string | null | undefined): Language | null {
  return languages.find((known) => known === locale) ?? null
}

/** How far apart the clocks of two servers may be. */
const CLOCK_SKEW_MS = 60_000

type Known = Pick<PersonRow, 'email' | 'role' | 'version' | 'updated_at' | 'disabled_at' | 'deleted_at'>
export type Standing = Pick<TokenClaims, 'email' | 'role'>

/**
 * What the token's holder is, or null when they may not come in any more. The copy and the token both tell how it once
 * was at identity; the later of them counts, and the copy in doubt, for it alone can have learnt of a demotion.
 */
export function standingOf(claims: TokenClaims, known: Known | undefined): Standing | null {
  if (known === undefined || known.version === 0) return claims
  if (known.disabled_at !== null || known.deleted_at !== null) return null
  return known.updated_at.getTime() + CLOCK_SKEW_MS >= claims.issuedAtMs ? known : claims
}

/** Whether somebody can still be given something to do: neither deleted nor disabled. */
export function isThere(person: Pick<PersonRow, 'deleted_at' | 'disabled_at'>): boolean {
  return person.deleted_at === null && person.disabled_at === null
}

/** What somebody is called, in full. */
export function fullName({ name, lastname }: Pick<PersonRow, 'name' | 'lastname'>): string {
  return [name, lastname ?? ''].join(' ').trim()
}
