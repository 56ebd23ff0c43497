import type { Kysely } from 'kysely'
import { systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { type Authenticate, refuseCaller } from '#platform/http/callers'
import { standingOf, type TokenClaims, unheardPerson } from './person.ts'
import { findHolder, keepPerson } from './queries.ts'
import type { PeopleTables } from './table.ts'

export type AccessParts = {
  readonly db: Kysely<PeopleTables>
  /** Answers what a token of ours says, and refuses any other as unauthenticated. */
  readonly verifyAccessToken: (token: string) => Promise<TokenClaims>
  readonly permissionsOf: (role: string) => ReadonlySet<string>
}

/**
 * Tells who stands behind an access token where identity is not at hand: by the token itself, and by the copy, which
 * is asked anew at every request, so that whoever is disabled or signed out is refused as soon as it is heard of.
 */
export function createAuthenticate({ db, verifyAccessToken, permissionsOf }: AccessParts): Authenticate {
  return async function authenticate(token) {
    const claims = await verifyAccessToken(token)
    const { person, hasEnded } = await findHolder(db, claims)
    const standing = hasEnded ? null : standingOf(claims, person)
    if (standing === null) throw refuseCaller('invalid_token')
    if (person === undefined) {
      await transaction(db, systemCall, async (trx) => await keepPerson(trx, unheardPerson(claims)))
    }
    const { email, role } = standing
    const { userId, sessionId } = claims
    return { userId, sessionId, email, role, permissions: permissionsOf(role) }
  }
}
