import { setImmediate as next } from 'node:timers/promises'

/** So long may work in the background keep a request waiting. */
const AT_ONCE_MS = 10

/**
 * For long rows of statements: SQLite answers each at once, so that nothing else in this process, not even a request,
 * would have its turn before the last of them. Call it between two steps.
 */
export function createGiveWay(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < AT_ONCE_MS) return
    await next()
    since = performance.now()
  }
}
