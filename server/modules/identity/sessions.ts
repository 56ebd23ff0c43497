import type { Transaction } from 'kysely'
import { actorOf, type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import type { Access } from './access.ts'
import type { AccessTokens } from './access-tokens.ts'
import { refuse } from './errors.ts'
import { type RevocationReason, sessionRevoked } from './events.ts'
import type { IdentityParts } from './parts.ts'
import {
  hashRefreshToken,
  isGenuine,
  judgeUse,
  makeRefreshToken,
  readRefreshToken,
} from './refresh-tokens.ts'
import type { SessionQuery } from './schemas.ts'
import {
  listSessions,
  lockSession,
  revokeSessions,
  type SessionRow,
  updateSession,
} from './session-queries.ts'
import { describeGrant, type Grant } from './sign-in.ts'
import type { IdentityTables } from './table.ts'
import { findUser } from './user-queries.ts'
import { toSession } from './views.ts'

type SessionParts = Pick<IdentityParts, 'db' | 'clock' | 'outbox'> & {
  readonly secret: string
  readonly refreshTtlMs: number
  readonly accessTokens: AccessTokens
  readonly access: Access
}

/** A used-up token has come again: somebody else has it, so the family must go, whatever else is rolled back. */
class ReusedToken extends Error {}

export type Sessions = ReturnType<typeof createSessions>

export function createSessions(parts: SessionParts) {
  const { db, clock, secret, access } = parts
  const revoke = createRevoke(parts)

  return {
    /** Gives the successor of a refresh token, and a new access token (F9). */
    async refresh(call: Call<Grant>, text: string | undefined): Promise<Grant> {
      const token = text === undefined ? null : readRefreshToken(text)
      if (token === null) throw refuse('invalid_refresh_token')
      try {
        return await transaction(db, call, async (trx) => {
          const session = await lockSession(trx, token.sessionId)
          if (session === undefined || !isGenuine(token, secret, session))
            throw refuse('invalid_refresh_token')
          const now = clock.now()
          if (session.revoked_at !== null || session.expires_at <= now) throw refuse('invalid_refresh_token')
          const use = judgeUse(token, session, now)
          if (use === 'reuse') throw new ReusedToken()
          const user = await findUser(trx, session.user_id)
          if (user === undefined || user.disabled_at !== null) throw refuse('invalid_refresh_token')
          const refreshToken = use === 'rotate' ? await rotate(trx, session, now) : current(session)
          return { answer: await describeGrant(parts.accessTokens, user, session.id), refreshToken }
        })
      } catch (error) {
        if (!(error instanceof ReusedToken)) throw error
        await revokeOne(token.sessionId, 'reuse')
        throw refuse('invalid_refresh_token')
      }
    },

    /** Ends the session of the token, or else the one behind the access token; silent when there is none. */
    async signOut(call: Call<void>, text: string | undefined): Promise<void> {
      const token = text === undefined ? null : readRefreshToken(text)
      const sessionId = token?.sessionId ?? call.actor?.sessionId ?? null
      await transaction(db, call, async (trx) => {
        const session = sessionId === null ? undefined : await lockSession(trx, sessionId)
        if (session === undefined || (token !== null && !isGenuine(token, secret, session))) return
        if (session.revoked_at === null)
          await revoke(trx, call, { userId: session.user_id, ids: [session.id], reason: 'logout' })
      })
      if (sessionId !== null) await access.forget(sessionId)
    },

    async listSessions(call: Call, query: SessionQuery) {
      const { userId, sessionId } = actorOf(call)
      const page = await listSessions(db, { userId, now: clock.now(), request: toPageRequest(query) })
      return presentPage(page, (row) => toSession(row, sessionId))
    },

    async endSession(call: Call<void>, id: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const session = await lockSession(trx, id)
        if (
          session === undefined ||
          session.user_id !== actorOf(call).userId ||
          session.revoked_at !== null
        ) {
          throw refuse('session_not_found')
        }
        await revoke(trx, call, { userId: session.user_id, ids: [id], reason: 'revoked' })
      })
      await access.forget(id)
    },
  }

  async function rotate(trx: Transaction<IdentityTables>, session: SessionRow, now: Date): Promise<string> {
    const generation = session.generation + 1
    const { text } = makeRefreshToken(secret, session, generation)
    const expiresAt = new Date(now.getTime() + parts.refreshTtlMs)
    await updateSession(trx, session.id, {
      token_hash: hashRefreshToken(text),
      generation,
      rotated_at: now,
      expires_at: expiresAt,
    })
    return text
  }

  /** The token that holds, made again for who did not get it the first time. */
  function current(session: SessionRow): string {
    return makeRefreshToken(secret, session, session.generation).text
  }

  async function revokeOne(id: string, reason: RevocationReason): Promise<void> {
    await transaction(db, systemCall, async (trx) => {
      const session = await lockSession(trx, id)
      if (session === undefined || session.revoked_at !== null) return
      await revoke(trx, systemCall, { userId: session.user_id, ids: [id], reason })
    })
    await access.forget(id)
  }
}

type Revocation = {
  readonly userId: string
  readonly ids: readonly string[]
  readonly reason: RevocationReason
}

/** Ends sessions that the caller has locked, within a transaction; `access.forget` them after the commit. */
export function createRevoke({ clock, outbox }: Pick<IdentityParts, 'clock' | 'outbox'>) {
  return async function revoke(
    trx: Transaction<IdentityTables>,
    call: Call,
    { userId, ids, reason }: Revocation,
  ) {
    await revokeSessions(trx, ids, clock.now())
    await outbox.append(trx, call, ...ids.map((id) => sessionRevoked(id, userId, reason)))
  }
}
