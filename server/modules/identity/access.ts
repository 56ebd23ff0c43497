import { createHash } from 'node:crypto'
import type { KeyValue } from '#platform/cache/key-value'
import { type Actor, type Call, systemCall } from '#platform/call'
import type { Clock } from '#platform/clock'
import { transaction } from '#platform/database/transaction'
import { refuseCaller } from '#platform/http/callers'
import type { AccessTokens } from './access-tokens.ts'
import { findTokenHolder, lockApiToken, readPermissions, touchApiToken } from './api-token-queries.ts'
import { apiTokenUsed, dayOf } from './events.ts'
import type { IdentityParts } from './parts.ts'
import { permissionsOf } from './roles.ts'
import { findSignedIn } from './session-queries.ts'

export const API_TOKEN_PREFIX = 'kry_'

/** How old what we remember of a caller may be; in this process and in the shared cache together, one second. */
const REMEMBERED_MS = 500
const REMEMBERED_CALLERS = 10_000
const TOUCH_MS = 60_000

const call: Call<unknown> = systemCall

/** What decides a request, as it is in the database. Null: nobody may use this token any more. */
type Holder = {
  readonly userId: string
  readonly email: string
  readonly role: string
  /** For API tokens. */
  readonly permissions?: readonly string[]
  readonly expiresAtMs?: number
}

type AccessParts = Pick<IdentityParts, 'db' | 'outbox'> & {
  readonly clock: Clock
  readonly accessTokens: AccessTokens
  /** Shared among processes; a process without one asks the database itself. */
  readonly keyValue: KeyValue
}

export type Access = ReturnType<typeof createAccess>

/**
 * Tells who stands behind a token. The database decides; what it said is remembered for half a second here and half a
 * second in the shared cache, so that no failure of a cache can keep a door open for longer (F8, I4).
 */
export function createAccess({ db, outbox, clock, accessTokens, keyValue }: AccessParts) {
  const remembered = new Map<string, { readonly holder: Holder | null; readonly untilMs: number }>()
  // Counts what was forgotten: an answer that was asked for before must not be remembered after.
  let forgotten = 0

  async function remember(key: string, load: () => Promise<Holder | null>): Promise<Holder | null> {
    const known = remembered.get(key)
    if (known !== undefined && known.untilMs > clock.now().getTime()) return known.holder
    const before = forgotten
    const holder = await share(key, load)
    if (before === forgotten) {
      if (remembered.size >= REMEMBERED_CALLERS) remembered.clear()
      remembered.set(key, { holder, untilMs: clock.now().getTime() + REMEMBERED_MS })
    }
    return holder
  }

  async function share(key: string, load: () => Promise<Holder | null>): Promise<Holder | null> {
    if (keyValue.state() !== 'up') return await load()
    const shared = await keyValue.get(`access:${key}`)
    // Written by the line below, by a process like this one.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    if (shared !== null) return JSON.parse(shared) as Holder
    const holder = await load()
    if (holder !== null) await keyValue.set(`access:${key}`, JSON.stringify(holder), { ttlMs: REMEMBERED_MS })
    return holder
  }

  async function bySession(token: string): Promise<Actor> {
    const { userId, sessionId } = await accessTokens.verify(token)
    const holder = await remember(sessionId, async () => {
      const row = await findSignedIn(db, sessionId)
      return row === undefined ? null : { userId: row.id, email: row.email, role: row.role }
    })
    if (holder === null || holder.userId !== userId) throw refuseCaller('invalid_token')
    return { ...holder, permissions: permissionsOf(holder.role), sessionId }
  }

  async function byApiToken(token: string): Promise<Actor> {
    const hash = hashApiToken(token)
    const holder = await remember(hash, async () => {
      const row = await findTokenHolder(db, hash)
      if (row === undefined) return null
      const now = clock.now()
      if (row.last_used_at === null || now.getTime() - row.last_used_at.getTime() > TOUCH_MS) {
        await noteUse({ tokenId: row.token_id, userId: row.id, now })
      }
      return {
        userId: row.id,
        email: row.email,
        role: row.role,
        permissions: readPermissions(row.permissions),
        ...(row.expires_at === null ? {} : { expiresAtMs: row.expires_at.getTime() }),
      }
    })
    if (holder === null || (holder.expiresAtMs ?? Infinity) <= clock.now().getTime())
      throw refuseCaller('invalid_token')
    const held = permissionsOf(holder.role)
    // What the maker has lost since, the token has lost too.
    const permissions = new Set((holder.permissions ?? []).filter((permission) => held.has(permission)))
    return { userId: holder.userId, email: holder.email, role: holder.role, permissions, sessionId: null }
  }

  /** When it was last used, to the minute; the audit hears of the first use of a day. */
  async function noteUse({
    tokenId,
    userId,
    now,
  }: {
    tokenId: string
    userId: string
    now: Date
  }): Promise<void> {
    await transaction(db, call, async (trx) => {
      const token = await lockApiToken(trx, tokenId)
      if (token === undefined) return
      await touchApiToken(trx, tokenId, now)
      if (token.last_used_at === null || dayOf(token.last_used_at) < dayOf(now)) {
        await outbox.append(trx, systemCall, apiTokenUsed(tokenId, userId, now))
      }
    })
  }

  return {
    async authenticate(token: string): Promise<Actor> {
      return await (token.startsWith(API_TOKEN_PREFIX) ? byApiToken(token) : bySession(token))
    },
    /** After a commit that takes something away: from now on this process asks the database again. */
    async forget(...keys: readonly string[]): Promise<void> {
      forgotten += 1
      remembered.clear()
      if (keys.length > 0) await keyValue.delete(...keys.map((key) => `access:${key}`))
    },
  }
}

export function hashApiToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
