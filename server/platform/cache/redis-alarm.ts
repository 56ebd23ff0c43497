import type { Redis } from 'ioredis'
import type { Log } from '../telemetry/log.ts'
import { answerWithin } from '../telemetry/time-limit.ts'
import type { Alarm } from '../timers/alarm.ts'
import { keepRedisLink } from './redis-link.ts'

type AlarmOptions = {
  readonly url: string
  readonly log: Log
  /** Whose processes hear of these alarms: others may use the same Redis, and so does our cache. */
  readonly installation: string
  readonly commandTimeoutMs?: number
}

const STEP_LIMIT_MS = 1_000

/**
 * Alarms as keys of Redis with a time to live, whose end every process hears of by a keyspace notification (T3). A key
 * that could not be set, or is gone because Redis was flushed or died, is not set again: the sweep needs none.
 */
export function createRedisAlarm({ url, log, installation, commandTimeoutMs = 80 }: AlarmOptions): Alarm {
  const prefix = `karya:${installation}:alarm:`
  // The connection for everything else tells of it when Redis is away.
  const quiet = log.child({}, { level: 'error' })
  const listeners = new Set<() => void>()
  let hasWarned = false
  const link = keepRedisLink({
    url,
    log: quiet,
    commandTimeoutMs,
    async prepare(redis) {
      await answerWithin(STEP_LIMIT_MS, redis.ping())
    },
    isPrepared: () => true,
  })
  const hearing = keepRedisLink({
    url,
    log: quiet,
    commandTimeoutMs: STEP_LIMIT_MS,
    async prepare(redis) {
      await askForNotices(redis)
      redis.on('pmessage', (_pattern: string, _channel: string, what: string) => {
        if (what === 'expired') for (const listener of listeners) listener()
      })
      // By the names of our keys, in any database: of what else expires here, like the cache, we need not hear.
      await answerWithin(STEP_LIMIT_MS, redis.psubscribe(`__keyspace@*__:${prefix}*`))
    },
    isPrepared: () => true,
  })

  async function askForNotices(redis: Redis): Promise<void> {
    try {
      const [, flags = ''] = await answerWithin(STEP_LIMIT_MS, readFlags(redis))
      const isOn = flags.includes('K') && (flags.includes('x') || flags.includes('A'))
      if (!isOn)
        await answerWithin(STEP_LIMIT_MS, redis.config('SET', 'notify-keyspace-events', `${flags}Kx`))
    } catch (error) {
      if (!hasWarned)
        log.warn(
          { reason: error instanceof Error ? error.message : String(error) },
          'Redis does not tell when keys expire; the sweep does without',
        )
      hasWarned = true
    }
  }

  /** Nobody waits for it. */
  function send(command: (redis: Redis) => Promise<unknown>): void {
    const redis = link.current()
    if (redis !== null) link.answer(redis, command(redis)).catch(() => {})
  }

  return {
    set(...alarms) {
      const now = Date.now()
      const ahead = alarms.filter(({ at }) => at.getTime() > now)
      if (ahead.length === 0) return
      send(async (redis) => {
        const pipeline = redis.pipeline()
        for (const { name, at } of ahead) pipeline.set(prefix + name, '', 'PXAT', at.getTime())
        return await pipeline.exec()
      })
    },
    clear(...names) {
      if (names.length > 0) send(async (redis) => await redis.unlink(...names.map((name) => prefix + name)))
    },
    onRing: (listener) => void listeners.add(listener),
    async close() {
      await Promise.all([link.close(), hearing.close()])
    },
  }
}

async function readFlags(redis: Redis): Promise<readonly string[]> {
  const answer: unknown = await redis.config('GET', 'notify-keyspace-events')
  return Array.isArray(answer) ? answer.map(String) : []
}
