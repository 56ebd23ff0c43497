import type { Log } from '../telemetry/log.ts'
import { answerWithin } from '../telemetry/time-limit.ts'
import { keepRedisLink, type RedisLink } from './redis-link.ts'

type ChannelOptions = {
  readonly url: string
  readonly log: Log
  readonly channel: string
  readonly listener: (message: string) => void
}

const SUBSCRIBE_LIMIT_MS = 1_000

/** Listens at a channel, on a connection of its own because one that listens can do nothing else. */
export function listenAtRedis({ url, log, channel, listener }: ChannelOptions): RedisLink {
  return keepRedisLink({
    url,
    // The connection for everything else has told of it already.
    log: log.child({}, { level: 'error' }),
    commandTimeoutMs: SUBSCRIBE_LIMIT_MS,
    async prepare(redis) {
      redis.on('message', (_channel: string, message: string) => listener(message))
      await answerWithin(SUBSCRIBE_LIMIT_MS, redis.subscribe(channel))
    },
    isPrepared: () => true,
  })
}
