import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { Clock } from '../clock.ts'
import type { PlatformTables } from '../database/tables.ts'
import { invalidField, refuse } from '../errors.ts'
import type { Authenticate } from '../http/callers.ts'
import type { AnswerOnce } from '../http/idempotency.ts'
import type { HttpServer } from '../http/types.ts'
import type { Log } from '../telemetry/log.ts'
import { schemaName, toEnvelope } from './envelope.ts'
import {
  EventPage,
  EventQuery,
  ReplayBody,
  Replayed,
  ReplayParams,
  StreamQuery,
  TroubledPage,
  TroubledQuery,
  TypePage,
  TypeParams,
} from './event-schemas.ts'
import { STREAM_PERMISSION, streamEvents } from './event-stream.ts'
import type { EventCatalogue } from './event-types.ts'
import type { LiveLog } from './live-log.ts'
import { listLog } from './log-pages.ts'
import {
  type InboxState,
  listTroubled,
  type Replayed as Outcome,
  replayParked,
  unknownCursor,
} from './parked.ts'
import { createStreamSeats } from './stream-seats.ts'

export type EventRouteParts = {
  readonly db: Kysely<PlatformTables>
  readonly installation: string
  readonly clock: Clock
  readonly log: Log
  readonly answerOnce: AnswerOnce
  /** Asked again and again while a stream is open. */
  readonly authenticate: Authenticate
  readonly liveLog: LiveLog
  readonly catalogue: EventCatalogue
  readonly isDraining: () => boolean
  /** Called when events have begun to wait for another try. */
  readonly onWaiting: () => void
  readonly heartbeatMs?: number
  readonly stalledMs?: number
}

const BASE = '/api/v1/events'
const tags = ['events']
const POSITION = /^\d{1,15}$/

/** The log of this database: as pages, live, and what could not be handled of it (E3, E4). */
export function registerEventRoutes(app: HttpServer, parts: EventRouteParts): void {
  registerLog(app, parts)
  registerStream(app, parts)
  registerTroubled(app, parts)
  registerSchemas(app, parts)
}

function registerLog(app: HttpServer, { db, installation }: EventRouteParts): void {
  app.get(
    BASE,
    {
      config: { permission: 'events:read' },
      schema: {
        tags,
        summary: 'Read the log of events in the order of their positions',
        querystring: EventQuery,
        response: { 200: EventPage },
      },
    },
    async ({ query: { limit = 25, cursor, after = 0, type, subject } }) => {
      if (cursor !== undefined && !POSITION.test(cursor)) throw unknownCursor()
      const from = cursor === undefined ? after : Number(cursor)
      const { rows, hasMore } = await listLog(db, { after: from, limit, type, subject })
      const last = rows.at(-1)
      return {
        data: rows.map((row) => toEnvelope(row, installation)),
        page: { next_cursor: last === undefined ? null : String(last.position), has_more: hasMore },
      }
    },
  )
}

function registerStream(app: HttpServer, { isDraining, ...parts }: EventRouteParts): void {
  const seats = createStreamSeats({ isDraining })
  app.addHook('preClose', async () => seats.endAll())
  app.get(
    `${BASE}/stream`,
    {
      config: { permission: STREAM_PERMISSION },
      // There would be no end to the headers of it.
      exposeHeadRoute: false,
      schema: {
        tags,
        summary: 'Follow the events that concern you, as server-sent events',
        querystring: StreamQuery,
        response: {
          200: { description: 'Events', content: { 'text/event-stream': { schema: Type.String() } } },
        },
      },
    },
    async (request, reply) => {
      const { after = null, types } = request.query
      const lastEventId = request.headers['last-event-id']
      await streamEvents(
        { ...parts, seats },
        { request, reply },
        { after: readLastEventId(lastEventId) ?? after, types: types?.split(',') ?? null },
      )
    },
  )
}

function readLastEventId(header: string | string[] | undefined): number | null {
  if (header === undefined || header === '') return null
  if (typeof header === 'string' && POSITION.test(header)) return Number(header)
  throw invalidField({
    pointer: 'Last-Event-ID',
    code: 'invalid',
    text: { en: 'must be the position of an event', id: 'harus berupa posisi sebuah peristiwa' },
  })
}

function registerTroubled(app: HttpServer, { db, clock, answerOnce, onWaiting }: EventRouteParts): void {
  const lists: readonly (readonly [InboxState, string])[] = [
    ['parked', 'List the events that failed too often, by consumer'],
    ['waiting', 'List the events that wait for another try, by consumer'],
  ]
  for (const [state, summary] of lists) {
    app.get(
      `${BASE}/${state}`,
      {
        config: { permission: 'events:read' },
        schema: { tags, summary, querystring: TroubledQuery, response: { 200: TroubledPage } },
      },
      async ({ query: { limit = 25, cursor = null, consumer = null } }) => {
        const { rows, nextCursor } = await listTroubled(db, { state, consumer, limit, cursor })
        return {
          data: rows.map(({ event_id: id, event, received_at, due_at, parked_at, ...row }) => ({
            id,
            ...row,
            received_at: received_at.toISOString(),
            due_at: due_at?.toISOString() ?? null,
            parked_at: parked_at?.toISOString() ?? null,
            event: event === null ? null : JSON.parse(event),
          })),
          page: { next_cursor: nextCursor, has_more: nextCursor !== null },
        }
      },
    )
  }
  app.post(
    `${BASE}/parked/:id/replay`,
    {
      config: { permission: 'events:write' },
      schema: {
        tags,
        summary: 'Have a parked event tried again',
        params: ReplayParams,
        body: ReplayBody,
        response: { 200: Replayed },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) =>
          await replayParked({ db, clock, onWaiting }, call, {
            eventId: request.params.id,
            consumer: request.body?.consumer ?? null,
          }),
        present: (outcome: Outcome) => ({ status: 200, body: outcome }),
      }),
  )
}

function registerSchemas(app: HttpServer, { catalogue }: EventRouteParts): void {
  app.get(
    `${BASE}/schemas`,
    {
      config: { public: true },
      schema: { tags, summary: 'List the types of events', response: { 200: TypePage } },
    },
    async () => ({
      data: catalogue.types.map(({ type }) => ({ type, dataschema: schemaName(type) })),
      page: { next_cursor: null, has_more: false },
    }),
  )
  app.get(
    `${BASE}/schemas/:type`,
    {
      config: { public: true },
      schema: {
        tags,
        summary: "Read the JSON Schema of a type's data",
        params: TypeParams,
        response: {
          200: {
            description: 'JSON Schema',
            content: { 'application/schema+json': { schema: Type.Unknown() } },
          },
        },
      },
    },
    async ({ params: { type } }, reply) => {
      const known = catalogue.find(type)
      if (known === undefined) throw refuse('not_found')
      const schema = {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: schemaName(type),
        title: type,
        ...known.data,
      }
      return await reply.type('application/schema+json; charset=utf-8').send(JSON.stringify(schema))
    },
  )
}
