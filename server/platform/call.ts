import type { QueryExecutorProvider } from 'kysely'
import { type AppError, refuse } from './errors.ts'
import type { Language } from './language.ts'

/** Who asks. Permissions are those of this request: a role's, or the subset that an API token carries. */
export type Actor = {
  readonly userId: string
  readonly email: string
  readonly role: string
  readonly permissions: ReadonlySet<string>
  /** The session behind an access token; null for API tokens. */
  readonly sessionId: string | null
}

/**
 * What a use case knows of the request that it serves. A use case that writes takes `Call<Result>` with the result of
 * its transaction; one that only reads takes any `Call`.
 */
export type Call<Result = never> = {
  /** Null when the request carries no token that holds. */
  readonly actor: Actor | null
  readonly language: Language
  readonly address: string
  /** The versions that `If-Match` names; `'any'` without one. */
  readonly expectedVersions: readonly number[] | 'any'
  /** What joins the transaction of the work (C6); absent where nothing does. */
  readonly companion?: Companion<Result>
}

/** Rows that are written in the same transaction as the work, before and after it. */
export type Companion<Result> = {
  /**
   * For a use case that finds out before its transaction that it must refuse: throws the answer that the same request
   * was given before, if there is one. Asked after what the refusal is based on was read, it misses none of those.
   */
  readonly recall: (db: QueryExecutorProvider) => Promise<void>
  readonly begin: (trx: QueryExecutorProvider) => Promise<void>
  readonly finish: (trx: QueryExecutorProvider, result: Result) => Promise<void>
  /**
   * In place of `finish` for work that goes on outside, and ends in a second transaction: keeps the refusal that holds
   * if it is never heard of again. Until `until` the same request is told that the first one is still running.
   */
  readonly hold: (trx: QueryExecutorProvider, refusal: AppError, until: Date) => Promise<void>
  /** Ends such work with a refusal, which is then answered to the same request every time. */
  readonly refuse: (trx: QueryExecutorProvider, refusal: AppError) => Promise<void>
}

/** The call of the program itself: the command line, start-up, timers. */
export const systemCall: Call<unknown> = { actor: null, language: 'en', address: '', expectedVersions: 'any' }

/** The one who asks, where the route has already seen to it that there is one. */
export function actorOf(call: Call): Actor {
  if (call.actor === null) throw new TypeError('this use case needs a route that declares a permission')
  return call.actor
}

export function may(call: Call, permission: string): boolean {
  return call.actor?.permissions.has(permission) ?? false
}

/** Guards a change with the version that the client read (C7). */
export function checkVersion(call: Call, record: { readonly version: number }): void {
  if (call.expectedVersions === 'any' || call.expectedVersions.includes(record.version)) return
  throw refuse('stale', { details: { current_version: record.version } })
}
