import type { Kysely } from 'kysely'
import type { PlatformTables } from '../database/tables.ts'
import { createSignal, type SignalListener } from '../signal.ts'
import type { Log } from '../telemetry/log.ts'
import { createTurns } from '../turns.ts'
import { type PositionedRow, toEnvelope } from './envelope.ts'
import type { EventCatalogue } from './event-types.ts'
import { findHead, readLog } from './log.ts'

const PAGE = 100
/** What is remembered for those who are nearly at the end; whoever is farther behind reads the database. */
const TAIL_EVENTS = 1_000
const TAIL_CHARACTERS = 4_000_000
/** How late one hears of an event at worst, when nothing else says that there is one. */
const POLL_MS = 500

/** An event for everybody who listens. */
export type LiveEvent = {
  readonly position: number
  readonly type: string
  readonly audience: ReturnType<EventCatalogue['audienceOf']>
  readonly characters: number
  /** As a message of server-sent events: written when the first one wants it, for all. */
  readonly message: () => string
}

type LiveLogParts = {
  readonly db: Kysely<PlatformTables>
  readonly installation: string
  readonly catalogue: Pick<EventCatalogue, 'audienceOf'>
  readonly log: Log
  /** Calls back when the log may have grown; answers how to end that. */
  readonly subscribe: (tell: () => void) => () => void
  readonly pollMs?: number
}

export type LiveLog = {
  /** From now on the log is followed, until everybody who listens has closed. */
  readonly listen: () => SignalListener
  /** The position of the last event, as the database has it now. */
  readonly findHead: () => Promise<number>
  /** What comes after a position, oldest first, at most a page of it; nothing when there is no more yet. */
  readonly read: (after: number) => Promise<readonly LiveEvent[]>
}

/** The end of the log, followed once for all who listen in this process. While nobody does, nothing is asked. */
export function createLiveLog(parts: LiveLogParts): LiveLog {
  const { db, log, subscribe, pollMs = POLL_MS } = parts
  const grown = createSignal()
  const pages = createTurns({ places: 2, acquireTimeoutMs: 30_000 })
  let tail: LiveEvent[] = []
  let characters = 0
  /** The tail has every event after `floor`, up to `head`. */
  let floor = 0
  let head = 0
  let isFollowing = false
  let listeners = 0
  let reading: Promise<void> | null = null
  let isStale = false
  let unfollow = (): void => {}

  /** Resolves when everything is read that was in the log at the time of this call. */
  async function readOn(): Promise<void> {
    if (reading === null) reading = readWhileStale()
    else isStale = true
    await reading
  }

  async function readWhileStale(): Promise<void> {
    try {
      do {
        isStale = false
        await (isFollowing ? readTail() : findEnd())
      } while (isStale)
    } finally {
      reading = null
    }
  }

  async function findEnd(): Promise<void> {
    const end = await findHead(db)
    forget(end)
    isFollowing = true
  }

  async function readTail(): Promise<void> {
    for (;;) {
      const rows = await readLog(db, { after: head, limit: PAGE })
      // The last listener may have closed meanwhile.
      if (rows.length === 0 || !isFollowing) return
      keep(rows)
      if (rows.length < PAGE) return
    }
  }

  function keep(rows: readonly PositionedRow[]): void {
    for (const row of rows) {
      const event = prepare(row, parts)
      tail.push(event)
      characters += event.characters
      head = event.position
    }
    let dropped = 0
    while (tail.length - dropped > TAIL_EVENTS || characters > TAIL_CHARACTERS) {
      const event = tail[dropped]
      if (event === undefined) break
      characters -= event.characters
      floor = event.position
      dropped += 1
    }
    tail = tail.slice(dropped)
    grown.tell()
  }

  function forget(end: number): void {
    tail = []
    characters = 0
    floor = end
    head = end
  }

  function follow(): void {
    const look = (): void => {
      readOn().catch((error: unknown) => log.debug({ err: error }, 'the log of events is out of reach'))
    }
    const unsubscribe = subscribe(look)
    const poll = setInterval(look, pollMs).unref()
    unfollow = () => {
      unsubscribe()
      clearInterval(poll)
      isFollowing = false
      forget(head)
    }
  }

  return {
    listen() {
      const listener = grown.listener()
      if (listeners === 0) follow()
      listeners += 1
      let isOpen = true
      return {
        wait: listener.wait,
        close() {
          if (!isOpen) return
          isOpen = false
          listener.close()
          listeners -= 1
          if (listeners === 0) unfollow()
        },
      }
    },
    async findHead() {
      await readOn()
      return head
    },
    async read(after) {
      if (after >= floor) {
        const start = tail.findLastIndex(({ position }) => position <= after) + 1
        return tail.slice(start, start + PAGE)
      }
      const giveBack = await pages.take()
      try {
        const rows = await readLog(db, { after, limit: PAGE })
        return rows.map((row) => prepare(row, parts))
      } finally {
        giveBack()
      }
    },
  }
}

function prepare(
  row: PositionedRow,
  { installation, catalogue }: Pick<LiveLogParts, 'installation' | 'catalogue'>,
): LiveEvent {
  const event = toEnvelope(row, installation)
  let message: string | undefined
  return {
    position: event.position,
    type: event.type,
    audience: catalogue.audienceOf(event),
    characters: row.data.length,
    message: () =>
      (message ??= `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
  }
}
