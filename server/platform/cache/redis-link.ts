import { TLSSocket } from 'node:tls'
import { Redis } from 'ioredis'
import type { Log } from '../telemetry/log.ts'
import { answerWithin } from '../telemetry/time-limit.ts'

type RedisLinkOptions = {
  readonly url: string
  readonly log: Log
  /** The longest that a caller waits for an answer. */
  readonly commandTimeoutMs: number
  /** Runs on every new connection before a caller may use it; one that throws is tried again later. */
  readonly prepare: (redis: Redis) => Promise<void>
  /** Asked at the very moment in which callers are let in: false has `prepare` run once more. */
  readonly isPrepared: () => boolean
}

export type RedisLink = {
  /** The connection while Redis answers, null while it is away. */
  readonly current: () => Redis | null
  /** The answer to a command on that connection. Rejects when it fails or takes too long, and then Redis is away. */
  readonly answer: <Answer>(redis: Redis, command: Promise<Answer>) => Promise<Answer>
  readonly close: () => Promise<void>
}

/** To connect, with TLS and a password. */
const CONNECT_LIMIT_MS = 2_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 5_000
/** One that fails sooner than this has not recovered: the pauses go on growing. */
const STEADY_MS = 10_000

/**
 * Keeps one connection to Redis, and a circuit breaker around it. A command that fails, or is not answered in time,
 * costs the connection: everybody who waits is let go at once, nobody asks again, and a new connection is made in the
 * background, again and again with growing pauses, until one has proved itself. So a hung Redis costs the callers of
 * one moment one timeout, and a dead one nothing.
 *
 * Each attempt is a client of its own that never reconnects by itself, for the pauses of two loops would multiply.
 */
export function keepRedisLink({
  url,
  log,
  commandTimeoutMs,
  prepare,
  isPrepared,
}: RedisLinkOptions): RedisLink {
  let live: Redis | null = null
  let upSince = 0
  let awaySince = performance.now()
  let failures = 0
  let hasToldAway = false
  let isClosed = false
  let pause: NodeJS.Timeout | undefined
  let attempted: Redis | null = null

  function lose(redis: Redis, error: Error): void {
    if (live !== redis) return
    live = null
    awaySince = performance.now()
    if (awaySince - upSince >= STEADY_MS) failures = 0
    abandon(redis)
    retryLater(error)
  }

  function retryLater(error: Error): void {
    if (isClosed) return
    if (!hasToldAway) log.warn({ reason: reasonOf(error) }, 'Redis is away')
    hasToldAway = true
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS)
    failures += 1
    pause = setTimeout(() => void connect(), longest * (0.5 + Math.random() / 2)).unref()
  }

  async function connect(): Promise<void> {
    const redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      // `prepare` finds out more than that check does.
      enableReadyCheck: false,
      connectTimeout: CONNECT_LIMIT_MS,
      retryStrategy: () => null,
    })
    attempted = redis
    let cause: Error | undefined
    // Without a listener an error would end the process.
    redis.on('error', (error: Error) => {
      cause = error
    })
    redis.on('close', () => lose(redis, cause ?? new Error('the connection was closed')))
    try {
      await answerWithin(CONNECT_LIMIT_MS, redis.connect())
      do await prepare(redis)
      while (!isPrepared())
      if (isClosed || redis.status !== 'ready') throw new Error('the connection was closed')
      live = redis
    } catch (error) {
      abandon(redis)
      retryLater(cause ?? (error instanceof Error ? error : new Error(String(error))))
      return
    }
    upSince = performance.now()
    log.info({ away_ms: Math.round(upSince - awaySince) }, 'Redis answers')
    hasToldAway = false
  }

  void connect()

  return {
    current: () => live,

    async answer<Answer>(redis: Redis, command: Promise<Answer>): Promise<Answer> {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>()
      function fail(error: Error): void {
        reject(error)
        lose(redis, error)
      }
      // A timer that fires may only mean that this process was busy. What has arrived meanwhile is read before
      // setImmediate, so only then is it certain that there is no answer.
      let immediate: NodeJS.Immediate | undefined
      const timer = setTimeout(() => {
        immediate = setImmediate(() => fail(new Error(`no answer within ${commandTimeoutMs} ms`)))
      }, commandTimeoutMs)
      command.then(resolve, fail)
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        clearImmediate(immediate)
      }
    },

    async close() {
      isClosed = true
      clearTimeout(pause)
      const redis = live
      live = null
      // Waits for the answers that are still to come.
      if (redis !== null) await answerWithin(commandTimeoutMs, redis.quit()).catch(() => {})
      if (attempted !== null) abandon(attempted)
    },
  }
}

/**
 * Lets go of everybody who waits: the client ends with its connection, for it never reconnects. `disconnect` is for one
 * that has no connection yet.
 */
function abandon(redis: Redis): void {
  const { stream } = redis
  if (stream === undefined) redis.disconnect()
  else if (canBeReset(stream)) stream.resetAndDestroy()
  else stream.destroy()
}

/**
 * A connection that is reset takes with it what the kernel has not delivered yet. One that is closed does not: a value
 * set before the network failed could arrive after it was deleted over the next connection.
 */
function canBeReset(stream: Redis['stream']): boolean {
  if (stream instanceof TLSSocket || stream.connecting || stream.remotePort === undefined) return false
  // A reset while the stream is being ended leaves the socket open for good.
  return !stream.writableEnded
}

/** What went wrong, without the arguments of the command: they may be a password or somebody's data. */
function reasonOf({ message }: Error): string {
  return message.split(', with args')[0] ?? ''
}
