import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Actor } from '../call.ts'
import { AppError } from '../errors.ts'
import { type Authenticate, refuseCaller } from '../http/callers.ts'
import { type SignalListener, sleep } from '../signal.ts'
import type { Log } from '../telemetry/log.ts'
import { isAmong, isOfType } from './event-types.ts'
import { isOutage } from './failures.ts'
import type { LiveEvent, LiveLog } from './live-log.ts'
import type { StreamSeats } from './stream-seats.ts'

export const STREAM_PERMISSION = 'events:stream'

const HEARTBEAT_MS = 15_000
/** How long what was found out about the caller holds. */
const ACCESS_MS = 1_000
/** A client that has not read for so long is gone. */
const STALLED_MS = 30_000
const OUTAGE_PAUSE_MS = 1_000
/** After so many events that do not concern the caller, others go first for a while: they cost the caller nothing. */
const SKIPPED_EVENTS = 2_000
const SKIPPED_PAUSE_MS = 100
const CHUNK_CHARACTERS = 64 * 1_024
/** How long a client waits before it comes back; it comes with the id that it was told last. */
const OPENING = 'retry: 2000\n'

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // A proxy that collects what it passes on would hold events back.
  'x-accel-buffering': 'no',
}

export type StreamParts = {
  readonly liveLog: LiveLog
  readonly authenticate: Authenticate
  readonly seats: StreamSeats
  readonly log: Log
  readonly heartbeatMs?: number
  readonly stalledMs?: number
}

export type StreamQuestion = {
  /** The position that the client has; null for the end of the log. */
  readonly after: number | null
  /** Null for every type. */
  readonly types: readonly string[] | null
}

type Stream = Required<Pick<StreamParts, 'liveLog' | 'heartbeatMs' | 'stalledMs'>> & {
  readonly raw: ServerResponse
  readonly stop: AbortSignal
  readonly listener: SignalListener
  readonly start: number
  readonly wants: (event: LiveEvent) => boolean
  /** Asks again who the caller is, unless that was just done; false when they may not listen any more. */
  readonly mayStay: () => Promise<boolean>
}

/**
 * Answers with server-sent events (E3) until the client leaves, the caller's access ends, or the server stops.
 * The log is read as fast as the client reads, so what is held for one is at most a page, however slow it is.
 */
export async function streamEvents(
  parts: StreamParts,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { after, types }: StreamQuestion,
): Promise<void> {
  const { liveLog, log, heartbeatMs = HEARTBEAT_MS, stalledMs = STALLED_MS } = parts
  const { raw } = reply
  const caller = createCaller(request, parts.authenticate)
  const seat = parts.seats.take(caller.actor().userId)
  const listener = liveLog.listen()
  const leave = (): void => {
    listener.close()
    seat.leave()
  }
  try {
    // A position beyond the end is from another log, so the client has to begin at the end of this one.
    const head = await liveLog.findHead()
    const start = Math.min(after ?? head, head)
    raw.once('close', seat.end)
    if (raw.destroyed) seat.end()
    reply.hijack()
    raw.writeHead(200, { ...plainHeaders(reply), ...HEADERS })
    const stream: Stream = {
      liveLog,
      heartbeatMs,
      stalledMs,
      raw,
      stop: seat.stop,
      listener,
      start,
      wants: (event) => isAmong(event.audience, caller.actor()) && (types === null || isOfType(event, types)),
      mayStay: caller.mayStay,
    }
    void run(stream)
      .catch((error: unknown) => log.error({ err: error }, 'a stream of events has failed'))
      .finally(() => {
        leave()
        if (raw.writableNeedDrain) raw.destroy()
        else raw.end()
      })
  } catch (error) {
    leave()
    throw error
  }
}

async function run(stream: Stream): Promise<void> {
  const { raw, stop, heartbeatMs } = stream
  let place: Place = { position: stream.start, told: stream.start, skipped: 0 }
  let beatAt = performance.now() + heartbeatMs
  raw.write(`${OPENING}id: ${place.told}\n\n`)
  while (!stop.aborted) {
    try {
      if (performance.now() >= beatAt) {
        beatAt = performance.now() + heartbeatMs
        if (!(await stream.mayStay())) return
        // An id without data moves only the place from which the client would come back.
        await write(
          stream,
          `: heartbeat\n${place.position === place.told ? '' : `id: ${place.position}\n`}\n`,
        )
        place = { ...place, told: place.position }
      }
      const events = await stream.liveLog.read(place.position)
      if (events.length === 0) await stream.listener.wait(Math.max(0, beatAt - performance.now()), stop)
      else if (await stream.mayStay()) place = await deliver(stream, events, place)
      else return
      // A database in this process answers at once, and nobody else would have a turn.
      await nextTurn()
      if (place.skipped >= SKIPPED_EVENTS) {
        await sleep(SKIPPED_PAUSE_MS, { stop })
        place = { ...place, skipped: 0 }
      }
    } catch (error) {
      if (!isOutage(error)) throw error
      // Nothing is lost: the stream goes on from where it is when the database is back.
      await sleep(OUTAGE_PAUSE_MS * (0.5 + Math.random()), { stop })
    }
  }
}

type Place = { readonly position: number; readonly told: number; readonly skipped: number }

async function deliver(stream: Stream, events: readonly LiveEvent[], place: Place): Promise<Place> {
  let { position, told, skipped } = place
  let chunk = ''
  for (const event of events) {
    position = event.position
    if (!stream.wants(event)) {
      skipped += 1
      continue
    }
    told = position
    chunk += event.message()
    if (chunk.length < CHUNK_CHARACTERS) continue
    await write(stream, chunk)
    chunk = ''
    if (stream.stop.aborted) break
  }
  if (chunk !== '') await write(stream, chunk)
  return { position, told, skipped }
}

/** Resolves when there is room for more. */
async function write({ raw, stop, stalledMs }: Stream, text: string): Promise<void> {
  if (stop.aborted || raw.write(text)) return
  const drained = new AbortController()
  await sleep(stalledMs, { stop, until: waitForRoom(raw, drained.signal) })
  drained.abort()
  if (raw.writableNeedDrain) raw.destroy()
}

async function waitForRoom(raw: ServerResponse, given: AbortSignal): Promise<void> {
  await Promise.allSettled([once(raw, 'drain', { signal: given })])
}

const BEARER = /^bearer +/i

function createCaller(request: FastifyRequest, authenticate: Authenticate) {
  const token = (request.headers.authorization ?? '').replace(BEARER, '')
  let { actor } = request
  let seenAt = performance.now()
  return {
    actor(): Actor {
      if (actor === null) throw refuseCaller('missing_authorization')
      return actor
    },
    async mayStay(): Promise<boolean> {
      if (performance.now() - seenAt < ACCESS_MS) return true
      try {
        actor = await authenticate(token)
      } catch (error) {
        if (error instanceof AppError && error.kind === 'unauthenticated') return false
        throw error
      }
      seenAt = performance.now()
      return actor.permissions.has(STREAM_PERMISSION)
    },
  }
}

/** What the hooks have set for every answer. */
function plainHeaders(reply: FastifyReply): Record<string, string | string[] | number> {
  return Object.fromEntries(
    Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  )
}
