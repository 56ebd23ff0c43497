import { Type } from 'typebox'
import { IdParams, Nullable, PageOf, pageQuery, Strict, Time } from '../http/schemas.ts'
import { EventEnvelope } from './envelope.ts'

/** What the log of events looks like over HTTP. */

const PATTERN = '[a-z0-9_.]*\\*?'
const Position = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Consumer = Type.String({ minLength: 1, maxLength: 60 })

export const EventQuery = Strict({
  ...pageQuery,
  after: Type.Optional(Position),
  type: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      pattern: `^${PATTERN}$`,
      description: 'With a star at the end all that begin so',
    }),
  ),
  subject: Type.Optional(Type.String({ maxLength: 200, description: 'As in `order/018f…`' })),
})
/** `next_cursor` is the last event's position; it stays of use when there is no more, for asking again later. */
export const EventPage = PageOf(EventEnvelope)

export const StreamQuery = Strict({
  after: Type.Optional(Position),
  types: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1_000,
      pattern: `^${PATTERN}(,${PATTERN})*$`,
      description: 'Types parted by commas; with a star at the end all that begin so',
    }),
  ),
})

export const TroubledQuery = Strict({ ...pageQuery, consumer: Type.Optional(Consumer) })
const Troubled = Type.Object({
  id: Type.String({ description: 'Of the event' }),
  consumer: Type.String(),
  attempts: Type.Integer(),
  last_error: Nullable(Type.String()),
  received_at: Time,
  due_at: Nullable(Time),
  parked_at: Nullable(Time),
  event: Nullable(EventEnvelope),
})
export const TroubledPage = PageOf(Troubled)

export const ReplayParams = IdParams
export const ReplayBody = Nullable(
  Strict(
    { consumer: Type.Optional(Consumer) },
    { description: 'Without a consumer, all that have parked it' },
  ),
)
export const Replayed = Type.Object({ replayed: Type.Integer(), consumers: Type.Array(Type.String()) })

export const TypeParams = Type.Object({ type: Type.String({ pattern: '^[a-z0-9_.]{1,100}$' }) })
export const TypePage = PageOf(
  Type.Object({
    type: Type.String(),
    dataschema: Type.String({
      description:
        'The name of the schema, as in the events; the schema is at `/api/v1/events/schemas/{type}`',
    }),
  }),
)
