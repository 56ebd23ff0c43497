import { createSecretKey } from 'node:crypto'
import { type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { Clock } from '#platform/clock'
import { refuseCaller } from '#platform/http/callers'
import type { Ids } from '#platform/id'
import type { UserRow } from './user-queries.ts'

const ISSUER = 'karya'
const REMEMBERED_TOKENS = 10_000

/** What an access token says: who, what they were when it was signed, and which sign-in it came from. */
export type Claims = {
  readonly userId: string
  readonly sessionId: string
  readonly email: string
  readonly role: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

export type AccessTokens = ReturnType<typeof createAccessTokens>

type Parts = { readonly secret: string; readonly ttlMs: number; readonly clock: Clock; readonly ids: Ids }

/** JSON Web Tokens (RFC 7519), HS256 and nothing else (F9). */
export function createAccessTokens({ secret, ttlMs, clock, ids }: Parts) {
  const key = createSecretKey(Buffer.from(secret))
  // A verified signature stays verified; a map in the order of use forgets the one not seen for longest.
  const verified = new Map<string, Claims>()

  return {
    ttlSeconds: Math.floor(ttlMs / 1_000),

    async sign(user: UserRow, sessionId: string): Promise<string> {
      const issuedAt = Math.floor(clock.now().getTime() / 1_000)
      return await new SignJWT({ email: user.email, role: user.role, sid: sessionId })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(ISSUER)
        .setSubject(user.id)
        .setJti(ids.next())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + Math.floor(ttlMs / 1_000))
        .sign(key)
    },

    async verify(token: string): Promise<Claims> {
      const known = verified.get(token)
      verified.delete(token)
      const claims = known ?? (await check(token))
      if (claims.expiresAtMs <= clock.now().getTime()) throw refuseCaller('invalid_token')
      verified.set(token, claims)
      const [oldest] = verified.keys()
      if (verified.size > REMEMBERED_TOKENS && oldest !== undefined) verified.delete(oldest)
      return claims
    },
  }

  async function check(token: string): Promise<Claims> {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: ISSUER,
        requiredClaims: ['sub', 'exp', 'iat', 'jti'],
        currentDate: clock.now(),
      })
      return readClaims(payload)
    } catch {
      // Why a token is not ours is nobody's business but ours.
      throw refuseCaller('invalid_token')
    }
  }
}

function readClaims({ sub, sid, email, role, iat, exp }: JWTPayload): Claims {
  if (sub === undefined || iat === undefined || exp === undefined) throw refuseCaller('invalid_token')
  if (typeof sid !== 'string' || typeof email !== 'string' || typeof role !== 'string')
    throw refuseCaller('invalid_token')
  return {
    userId: sub,
    sessionId: sid,
    email,
    role,
    issuedAtMs: iat * 1_000,
    expiresAtMs: exp * 1_000,
  }
}
