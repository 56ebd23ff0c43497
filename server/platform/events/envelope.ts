import { type Static, Type } from 'typebox'
import type { OutboxTable } from '../database/tables.ts'

const PRINTABLE = '^[!-~]+$'

/**
 * An event as it travels: CloudEvents 1.0 (E4), with extension attributes of our own in lower case, as that
 * specification asks. What it does not name is ignored, so that versions of the program can meet. What it names has
 * to fit into any inbox: an event that could not even be noted as failed would hold up all that follow.
 */
export const EventEnvelope = Type.Object({
  specversion: Type.Literal('1.0'),
  /** A UUIDv7, the same however often the event arrives. */
  id: Type.String({ format: 'uuid', pattern: '^[0-9a-f-]+$' }),
  /** `/karya/<installation id>`: whose log the position counts in. */
  source: Type.String({ pattern: PRINTABLE }),
  type: Type.String(),
  /** The record, as `order/018f…`; order is kept per subject. */
  subject: Type.String({ maxLength: 200, pattern: PRINTABLE }),
  time: Type.String({ format: 'date-time' }),
  datacontenttype: Type.Literal('application/json'),
  /** The name of the JSON Schema of `data`. */
  dataschema: Type.String(),
  data: Type.Record(Type.String(), Type.Unknown()),
  /** The place in the gap-free sequence of the source's log, from 1 on. */
  position: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  /** The record's version after the change. */
  recordversion: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  /** Who did it; absent when the program itself did. */
  actorid: Type.Optional(Type.String({ format: 'uuid' })),
  /** https://www.w3.org/TR/trace-context/ */
  traceparent: Type.Optional(Type.String()),
})
export type EventEnvelope = Static<typeof EventEnvelope>

const SOURCE_PREFIX = '/karya/'
const SCHEMA_PREFIX = 'urn:karya:event-schema:'

export type PositionedRow = OutboxTable & { readonly position: number }

/** A row of the log as it goes over the wire. */
export function toEnvelope(row: PositionedRow, installation: string): EventEnvelope {
  return {
    specversion: '1.0',
    id: row.id,
    source: `${SOURCE_PREFIX}${installation}`,
    type: row.type,
    subject: row.subject,
    time: row.occurred_at.toISOString(),
    datacontenttype: 'application/json',
    dataschema: schemaName(row.type),
    data: JSON.parse(row.data),
    position: row.position,
    recordversion: row.record_version,
    ...(row.actor_id === null ? {} : { actorid: row.actor_id }),
    ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
  }
}

/**
 * The name of the JSON Schema of a type's data (E4): an absolute URI, as CloudEvents asks, and the same whatever address
 * the server is reached at. The schema itself is read at `/api/v1/events/schemas/<type>`.
 */
export function schemaName(type: string): string {
  return `${SCHEMA_PREFIX}${type}`
}

export function installationOf({ source }: Pick<EventEnvelope, 'source'>): string {
  return source.slice(SOURCE_PREFIX.length)
}
