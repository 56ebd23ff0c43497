import type { Redis } from 'ioredis'
import type { Clock } from '../clock.ts'
import type { Log } from '../telemetry/log.ts'
import { answerWithin } from '../telemetry/time-limit.ts'
import { createCounters } from './counters.ts'
import type { KeyValue, KeyValueOperation, KeyValueOutcome, WindowCount } from './key-value.ts'
import { MAX_ENTRIES } from './memory.ts'
import { listenAtRedis } from './redis-channel.ts'
import { createFreshness } from './redis-freshness.ts'
import { keepRedisLink, type RedisLink } from './redis-link.ts'

type RedisOptions = {
  /** `redis://` or `rediss://`, with the password and the number of the database in it. */
  readonly url: string
  readonly clock: Clock
  readonly log: Log
  /** Before every key, so that others may use the same Redis. */
  readonly prefix?: string
  /** The longest that a call waits for Redis. */
  readonly commandTimeoutMs?: number
  readonly onResult?: (operation: KeyValueOperation, outcome: KeyValueOutcome) => void
}

type Question<Answer, Otherwise> = {
  readonly operation: KeyValueOperation
  readonly send: (redis: Redis) => Promise<Answer>
  readonly outcomeOf?: (answer: Answer) => KeyValueOutcome
  /** What to do without an answer; called at once when Redis is away. */
  readonly otherwise: () => Otherwise
}

/** Both ends of the window are Redis's, in one step; a window without an end, or with one too far off, is mended. */
const INCREMENT = `local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
local window = tonumber(ARGV[1])
if left < 0 or left > window then
  redis.call('PEXPIRE', KEYS[1], window)
  left = window
end
return {count, left}`

/**
 * Keeps values and counters in Redis, for all processes alike. It starts and goes on without Redis: then nothing is
 * found, and counters go on in this process from where Redis left them, so that an outage is no fresh start (F8, F17).
 */
export function createRedisKeyValue({
  url,
  clock,
  log,
  prefix = 'karya:',
  commandTimeoutMs = 80,
  onResult = () => {},
}: RedisOptions): KeyValue {
  const valuePrefix = `${prefix}value:`
  const counters = createCounters({ clock, maxEntries: MAX_ENTRIES })
  const time = createRedisTime({ limitMs: commandTimeoutMs })
  const freshness = createFreshness({ valuePrefix, serverKey: `${prefix}server` })
  const link = keepRedisLink({
    url,
    log,
    commandTimeoutMs,
    async prepare(redis) {
      // First, and within the time that a caller would wait: who is slower than that is as good as away.
      await time.measure(redis)
      await freshness.restore(redis)
    },
    isPrepared: freshness.isRestored,
  })

  const listeners: RedisLink[] = []

  async function ask<Answer, Otherwise>({
    operation,
    send,
    outcomeOf = () => 'ok',
    otherwise,
  }: Question<Answer, Otherwise>): Promise<Answer | Otherwise> {
    const redis = link.current()
    if (redis === null) {
      onResult(operation, 'fallback')
      return otherwise()
    }
    try {
      const answer = await link.answer(redis, send(redis))
      onResult(operation, outcomeOf(answer))
      return answer
    } catch {
      onResult(operation, 'error')
      return otherwise()
    }
  }

  async function forget(...keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    await ask({
      operation: 'delete',
      async send(redis) {
        await redis.unlink(...keys.map((key) => valuePrefix + key))
      },
      otherwise: () => freshness.remember(keys),
    })
  }

  return {
    async get(key) {
      return await ask({
        operation: 'get',
        send: async (redis) => await redis.get(valuePrefix + key),
        outcomeOf: (value) => (value === null ? 'miss' : 'hit'),
        otherwise: () => null,
      })
    },

    async set(key, value, { ttlMs }) {
      if (ttlMs <= 0) {
        await forget(key)
        return
      }
      await ask({
        operation: 'set',
        async send(redis) {
          if (time.isOld()) time.measure(redis).catch(() => {})
          // Until a moment, not for a while: a command can lie in a hung Redis for an hour, and what it says would be
          // an hour old when its time to live begins.
          await redis.set(valuePrefix + key, value, 'PXAT', Math.ceil(time.now() + ttlMs))
        },
        otherwise: () => {},
      })
    },

    delete: forget,

    async increment(key, { windowMs }) {
      return await ask({
        operation: 'increment',
        async send(redis) {
          const counted = await redis.eval(INCREMENT, 1, `${prefix}count:${key}`, windowMs)
          return counters.reconcile(key, readCount(counted))
        },
        otherwise: () => counters.increment(key, windowMs),
      })
    },

    async publish(channel, message) {
      await ask({
        operation: 'publish',
        async send(redis) {
          await redis.publish(`${prefix}channel:${channel}`, message)
        },
        otherwise: () => {},
      })
    },

    subscribe(channel, listener) {
      listeners.push(listenAtRedis({ url, log, channel: `${prefix}channel:${channel}`, listener }))
    },

    state: () => (link.current() === null ? 'down' : 'up'),
    async close() {
      await Promise.all([link, ...listeners].map(async ({ close }) => await close()))
    },
  }
}

function readCount(reply: unknown): WindowCount {
  const [count, resetsInMs]: readonly unknown[] = Array.isArray(reply) ? reply : []
  if (typeof count !== 'number' || typeof resetsInMs !== 'number') throw new TypeError('not a count')
  return { count, resetsInMs }
}

/** Clocks drift apart by less than 10 ms in this time. */
const TIME_OLD_MS = 60_000

/** What time it is in Redis, rather earlier than later. */
function createRedisTime({ limitMs }: { readonly limitMs: number }) {
  let aheadMs = 0
  let measuredAt = 0

  return {
    /** The wall clock of this machine may be set; this one only goes on. */
    now: () => performance.now() + aheadMs,
    isOld: () => performance.now() - measuredAt > TIME_OLD_MS,
    async measure(redis: Redis): Promise<void> {
      measuredAt = performance.now()
      const [seconds, micros] = await answerWithin(limitMs, redis.time())
      aheadMs = Number(seconds) * 1_000 + Number(micros) / 1_000 - performance.now()
    },
  }
}
