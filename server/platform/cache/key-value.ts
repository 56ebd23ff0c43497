/**
 * A store for what may be lost: counters of rate limits, and answers that can be worked out again. None of its
 * functions ever rejects because the store is away; each says what is answered instead.
 *
 * Values and counters are two spaces: a counter is not read by `get` nor forgotten by `delete`.
 */
export type KeyValue = {
  /** The value, or null when there is none, its time is over or the store is away. */
  readonly get: (key: string) => Promise<string | null>
  /**
   * Keeps a value for `ttlMs` from the call on, however late it arrives. It may be gone sooner; with the store away it
   * is not kept at all.
   */
  readonly set: (key: string, value: string, options: { readonly ttlMs: number }) => Promise<void>
  /**
   * Forgets values. With the store away they are forgotten before this process reads from it again. Another process
   * that still reaches the store may see them until then, so `ttlMs` is how old a value may ever get.
   */
  readonly delete: (...keys: readonly string[]) => Promise<void>
  /**
   * Counts one more in a fixed window, which begins with the first call and ends `windowMs` later, and answers the
   * count with this call in it. With the store away the count goes on in this process.
   */
  readonly increment: (key: string, options: { readonly windowMs: number }) => Promise<WindowCount>
  /** Says something to everybody who listens, other processes among them; with the store away it is not said. */
  readonly publish: (channel: string, message: string) => Promise<void>
  /** Listens until the store is closed. What was said while the store was away is not heard later. */
  readonly subscribe: (channel: string, listener: (message: string) => void) => void
  /** `memory` when nothing is shared with other processes by choice, `down` when it is so by misfortune. */
  readonly state: () => 'memory' | 'up' | 'down'
  /** Lets go of the store. Calls that come later do no harm. */
  readonly close: () => Promise<void>
}

export type WindowCount = {
  readonly count: number
  /** How long until the window ends and the next call begins another. */
  readonly resetsInMs: number
}

export type KeyValueOperation = 'get' | 'set' | 'delete' | 'increment' | 'publish'

/**
 * `hit` and `miss` of a `get`, `ok` of the others; `error` when the store failed during the call, `fallback` when it
 * was known to be away and was not asked.
 */
export type KeyValueOutcome = 'hit' | 'miss' | 'ok' | 'error' | 'fallback'
