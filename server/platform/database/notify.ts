import { Client } from 'pg'
import { sleep } from '../signal.ts'
import type { Log } from '../telemetry/log.ts'

const CHANNEL = 'karya'
const PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 15_000
/** Tells within so long of each other are one. */
const TOGETHER_MS = 20

/** What one process tells the others: that events were committed, or that positions were given. */
export type Notice = 'committed' | 'advanced'

/** How the processes on one database wake each other. Nothing depends on it: whatever is missed is found by looking. */
export type Notifier = {
  readonly tell: (notice: Notice) => void
  readonly close: () => Promise<void>
}

type NotifierParts = {
  readonly url: string
  readonly log: Log
  /** Asks PostgreSQL on one of the pool's connections. */
  readonly notify: (channel: string, notice: Notice) => Promise<void>
  readonly onNotice: (notice: Notice) => void
}

/** PostgreSQL's LISTEN and NOTIFY, on a connection of its own that is made again for as long as it takes. */
export function createPostgresNotifier({ url, log, notify, onNotice }: NotifierParts): Notifier {
  const stop = new AbortController()
  const planned = new Set<Notice>()
  const listening = listenForEver()

  async function listenForEver(): Promise<void> {
    let pauseMs = PAUSE_MS
    while (!stop.signal.aborted) {
      try {
        await listen(() => {
          pauseMs = PAUSE_MS
        })
      } catch (error) {
        log.debug({ err: error }, 'notices from the database are not heard; looking goes on')
      }
      await sleep(pauseMs * (0.5 + Math.random() / 2), { stop: stop.signal })
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }

  /** Resolves when the connection has ended. */
  async function listen(onReady: () => void): Promise<void> {
    const client = new Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 5_000 })
    const ended = Promise.withResolvers<void>()
    client.on('error', () => ended.resolve())
    client.on('end', () => ended.resolve())
    client.on('notification', ({ payload }) => {
      if (payload === 'committed' || payload === 'advanced') onNotice(payload)
    })
    const end = (): void => ended.resolve()
    stop.signal.addEventListener('abort', end, { once: true })
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
      onReady()
      if (!stop.signal.aborted) await ended.promise
    } finally {
      stop.signal.removeEventListener('abort', end)
      await client.end().catch(() => {})
    }
  }

  return {
    tell(notice) {
      if (planned.has(notice) || stop.signal.aborted) return
      planned.add(notice)
      setTimeout(() => {
        planned.delete(notice)
        notify(CHANNEL, notice).catch((error: unknown) => {
          log.debug({ err: error }, 'the other processes could not be told; they will find out by looking')
        })
      }, TOGETHER_MS).unref()
    },
    async close() {
      stop.abort()
      await listening
    },
  }
}
