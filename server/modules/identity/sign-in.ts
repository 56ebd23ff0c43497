import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { fold } from '#platform/database/search'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import type { AccessTokens } from './access-tokens.ts'
import type { Attempts } from './attempts.ts'
import { fieldTexts, refuse } from './errors.ts'
import { sessionStarted } from './events.ts'
import type { IdentityParts } from './parts.ts'
import type { Passwords } from './passwords.ts'
import { hashRefreshToken, makeRefreshToken } from './refresh-tokens.ts'
import type { LoginBody, SignedIn } from './schemas.ts'
import { insertSession, type SessionRow } from './session-queries.ts'
import type { IdentityTables } from './table.ts'
import {
  findUserByEmail,
  findUserByUsername,
  lockUser,
  replacePasswordHash,
  type UserRow,
} from './user-queries.ts'
import { toUser } from './views.ts'

/** Where a request came from, as the user will recognise it in the list of sessions. */
export type Device = { readonly address: string; readonly userAgent: string }

export type Grant = { readonly answer: SignedIn; readonly refreshToken: string }

export type StartSessionParts = Pick<IdentityParts, 'clock' | 'ids' | 'outbox'> & {
  readonly secret: string
  readonly refreshTtlMs: number
  readonly accessTokens: AccessTokens
}
export type StartSession = ReturnType<typeof createStartSession>

/** Begins a family of refresh tokens for a user, within the transaction that let them in. */
export function createStartSession({
  clock,
  ids,
  outbox,
  secret,
  refreshTtlMs,
  accessTokens,
}: StartSessionParts) {
  return async function startSession(
    trx: Transaction<IdentityTables>,
    call: Call,
    { user, device }: { user: UserRow; device: Device },
  ): Promise<Grant> {
    const now = clock.now()
    const family = { id: ids.next(), token_seed: ids.secret(32) }
    const refreshToken = makeRefreshToken(secret, family, 0).text
    const session: SessionRow = {
      ...family,
      user_id: user.id,
      token_hash: hashRefreshToken(refreshToken),
      generation: 0,
      address: device.address.slice(0, 64),
      user_agent: device.userAgent.slice(0, 300),
      created_at: now,
      rotated_at: now,
      expires_at: new Date(now.getTime() + refreshTtlMs),
      revoked_at: null,
    }
    await insertSession(trx, session)
    await outbox.append(trx, call, sessionStarted(session))
    return { answer: await describeGrant(accessTokens, user, session.id), refreshToken }
  }
}

export async function describeGrant(
  accessTokens: AccessTokens,
  row: UserRow,
  sessionId: string,
): Promise<SignedIn> {
  const accessToken = await accessTokens.sign(row, sessionId)
  const { id, name, lastname, email, username, role } = toUser(row)
  return {
    token: accessToken,
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: accessTokens.ttlSeconds,
    name,
    lastname,
    email,
    user: { id, name, lastname, email, username, role },
  }
}

type SignInParts = Pick<IdentityParts, 'db'> & {
  readonly passwords: Passwords
  readonly attempts: Attempts
  readonly startSession: StartSession
}

/** Signs in with a password. Who is not there is refused like who is, after the same work (I2). */
export function createSignIn({ db, passwords, attempts, startSession }: SignInParts) {
  return async function signIn(call: Call<Grant>, body: LoginBody, device: Device): Promise<Grant> {
    const account = body.email ?? body.username
    if (account === undefined) {
      throw invalidField({ pointer: '/email', code: 'required', text: fieldTexts.required })
    }
    const user = await (body.email === undefined
      ? findUserByUsername(db, fold(account, 64))
      : findUserByEmail(db, fold(account, 254)))
    // Whoever has two names has ten tries all the same.
    const attempt = await attempts.begin(user?.email_key ?? account, device.address)
    const isRight =
      user === undefined
        ? await passwords.verifyNothing(body.password)
        : await passwords.verify(body.password, user.password_hash)
    if (user === undefined || !isRight || user.disabled_at !== null) throw refuse('wrong_credentials')
    await attempts.succeeded(attempt)

    const seen = [user.password_hash]
    if (passwords.isOutdated(user.password_hash) && passwords.canHash(body.password)) {
      const to = await passwords.hash(body.password)
      await replacePasswordHash(db, { id: user.id, from: user.password_hash, to })
      seen.push(to)
    }
    return await transaction(db, call, async (trx) => {
      // Disabled, removed, or given another password while this one was looked at? The lock makes a change of the
      // password wait, so that it ends this session as well.
      const current = await lockUser(trx, user.id)
      if (current === undefined || current.disabled_at !== null) throw refuse('wrong_credentials')
      const isSame =
        seen.includes(current.password_hash) || (await passwords.verify(body.password, current.password_hash))
      if (!isSame) throw refuse('wrong_credentials')
      return await startSession(trx, call, { user: current, device })
    })
  }
}

export type SignIn = ReturnType<typeof createSignIn>
