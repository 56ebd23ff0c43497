import type { Redis } from 'ioredis'
import { answerWithin } from '../telemetry/time-limit.ts'

type FreshnessOptions = {
  /** Of the values; nothing else begins with it. */
  readonly valuePrefix: string
  /** Where the name of the server is kept to which the values were written. */
  readonly serverKey: string
}

/** How many keys are remembered whose deletion failed. */
const MAX_MISSED = 10_000
const KEYS_PER_COMMAND = 500
/** For each command of the cleaning up, for which no caller waits. */
const STEP_LIMIT_MS = 1_000

/**
 * Sees to it that a Redis that comes back does not bring back what was deleted.
 *
 * A deletion that failed leaves its value behind, and the value would be read again as soon as Redis answers: the
 * permissions of somebody who was shut out, a price that was changed. So the keys are remembered here, and deleted
 * before Redis is read again. When they are too many to remember, every value is deleted, for all processes.
 *
 * A deletion that succeeded can be undone as well, by a Redis that restarts from an older snapshot, or by a replica
 * that takes over before it has heard of it. Such a server has another `run_id` than the one that is written in it, and
 * then, too, every value is deleted.
 */
export function createFreshness({ valuePrefix, serverKey }: FreshnessOptions) {
  const missed = new Set<string>()
  let isMissingMore = false

  function remember(keys: readonly string[]): void {
    for (const key of keys) missed.add(key)
    if (missed.size <= MAX_MISSED) return
    missed.clear()
    isMissingMore = true
  }

  async function deleteEverything(redis: Redis): Promise<void> {
    // What is missed from here on is remembered anew: the walk may be past it already.
    isMissingMore = false
    missed.clear()
    try {
      for await (const keys of walk(redis)) {
        if (keys.length > 0) await answerWithin(STEP_LIMIT_MS, redis.unlink(...keys))
      }
    } catch (error) {
      isMissingMore = true
      throw error
    }
  }

  async function* walk(redis: Redis): AsyncGenerator<string[]> {
    const pattern = `${valuePrefix.replaceAll(/[*?[\]\\]/g, '\\$&')}*`
    let cursor = '0'
    do {
      const found = redis.scan(cursor, 'MATCH', pattern, 'COUNT', 2 * KEYS_PER_COMMAND)
      const [next, keys] = await answerWithin(STEP_LIMIT_MS, found)
      yield keys
      cursor = next
    } while (cursor !== '0')
  }

  async function deleteMissed(redis: Redis): Promise<void> {
    const keys = Array.from(missed).slice(0, KEYS_PER_COMMAND)
    // Before, not after: one that is missed again while the command is under way must stay.
    for (const key of keys) missed.delete(key)
    try {
      await answerWithin(STEP_LIMIT_MS, redis.unlink(...keys.map((key) => valuePrefix + key)))
    } catch (error) {
      remember(keys)
      throw error
    }
  }

  return {
    remember,

    /** Whether every deletion so far has been made. */
    isRestored: () => missed.size === 0 && !isMissingMore,

    /** Throws when Redis cannot be read, written and told apart from another one. */
    async restore(redis: Redis): Promise<void> {
      const [info, known] = await answerWithin(
        STEP_LIMIT_MS,
        Promise.all([redis.info('server'), redis.get(serverKey)]),
      )
      const server = /^run_id:(\w+)/m.exec(info)?.[1] ?? 'unknown'
      if (known !== server || isMissingMore) await deleteEverything(redis)
      while (missed.size > 0) await deleteMissed(redis)
      await answerWithin(STEP_LIMIT_MS, redis.set(serverKey, server))
    },
  }
}
