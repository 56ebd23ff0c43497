import type { NewEvent } from '#platform/events/outbox'
import type { ApiToken, User } from './schemas.ts'
import type { SessionRow } from './session-queries.ts'

/** The user's whole public state with its version, from which others keep their copy (T5). */
export function userEvent(what: 'registered' | 'updated' | 'disabled' | 'deleted', user: User): NewEvent {
  return { type: `user.${what}`, subject: `user/${user.id}`, recordVersion: user.version, data: user }
}

/** A session is started once and revoked at most once, so those are its versions. */
export function sessionStarted({ id, user_id, address, user_agent }: SessionRow): NewEvent {
  return {
    type: 'session.started',
    subject: `session/${id}`,
    recordVersion: 1,
    actorId: user_id,
    data: { session_id: id, user_id, address, user_agent },
  }
}

export type RevocationReason = 'logout' | 'revoked' | 'reuse' | 'password_changed' | 'user_disabled'

export function sessionRevoked(id: string, userId: string, reason: RevocationReason): NewEvent {
  return {
    type: 'session.revoked',
    subject: `session/${id}`,
    recordVersion: 2,
    data: { session_id: id, user_id: userId, reason },
  }
}

export function apiTokenEvent(what: 'created' | 'deleted', userId: string, token: ApiToken): NewEvent {
  return {
    type: `api_token.${what}`,
    subject: `api_token/${token.id}`,
    recordVersion: what === 'created' ? 1 : 2,
    data: { ...token, user_id: userId },
  }
}

const DAY_MS = 86_400_000

/** That a token was used on a day (UTC), once however often it was; the day is the version. */
export function apiTokenUsed(id: string, userId: string, at: Date): NewEvent {
  return {
    type: 'api_token.used',
    subject: `api_token_use/${id}`,
    recordVersion: dayOf(at),
    actorId: userId,
    data: { token_id: id, user_id: userId, used_at: at.toISOString() },
  }
}

export function dayOf(at: Date): number {
  return Math.floor(at.getTime() / DAY_MS)
}
