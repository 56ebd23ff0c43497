import { isDeepStrictEqual } from 'node:util'
import type { Evidence, LogRow } from './evidence.ts'
import { each, type Violation } from './violation.ts'

/** One message as a broker keeps it. */
export type Message = {
  /** The stream, or the topic. */
  readonly channel: string
  /** Inside it order holds: the partition of a topic, else nothing. */
  readonly lane: string
  readonly offset: number
  /** The key by which the broker drops repeats, where it has one. */
  readonly messageId: string | null
  readonly body: string
}

/** Everything that a broker keeps, in its order. */
export type BrokerLog = {
  readonly name: 'nats' | 'kafka'
  readonly messages: readonly Message[]
  /** Whether events of a type are meant to go there. */
  readonly carries: (type: string) => boolean
  /** True when the broker has already dropped its oldest messages, as it may after a time. */
  readonly isTruncated: boolean
}

export type Envelope = {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  readonly time: string
  readonly data: unknown
  readonly position: number
  readonly recordversion: number
  readonly actorid?: string
  readonly traceparent?: string
}

export type Arrival = { readonly message: Message; readonly event: Envelope }

export function sourceOf({ installation }: Pick<Evidence, 'installation'>): string {
  return `/karya/${installation}`
}

/** The messages that are events; of whichever database. */
export function arrivalsOf({ messages }: Pick<BrokerLog, 'messages'>): Arrival[] {
  return messages.flatMap((message) => {
    const event = parse(message.body)
    return event === null ? [] : { message, event }
  })
}

function parse(body: string): Envelope | null {
  try {
    const value: unknown = JSON.parse(body)
    return isEnvelope(value) ? value : null
  } catch {
    return null
  }
}

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false
  const has = (name: string, type: string): boolean => typeof Reflect.get(value, name) === type
  return (
    ['id', 'source', 'type', 'subject', 'time'].every((name) => has(name, 'string')) &&
    ['position', 'recordversion'].every((name) => has(name, 'number')) &&
    has('data', 'object')
  )
}

/** Each message is an event of the log as it stands there, each event is there, and a record's events are in order. */
export function checkBroker(evidence: Evidence, broker: BrokerLog): Violation[] {
  const arrivals = arrivalsOf(broker)
  const strange = broker.messages.length - arrivals.length
  const ours = arrivals.filter(({ event }) => event.source === sourceOf(evidence))
  const rows = new Map(evidence.log.map((row) => [row.id, row]))
  return [
    ...(strange === 0
      ? []
      : [{ invariant: 'I4' as const, message: `${strange} messages at ${broker.name} are no events` }]),
    ...ours.flatMap((arrival) => compare(broker.name, arrival, rows.get(arrival.event.id))),
    ...(evidence.isSettled ? findMissing(evidence.log, broker, ours) : []),
    ...findDisorder(broker.name, arrivals),
  ]
}

function compare(name: string, { event, message }: Arrival, row: LogRow | undefined): Violation[] {
  const where = `${name} ${message.channel}${message.lane} at ${message.offset}`
  if (row === undefined) {
    const what = `the event ${event.type} ${event.id} of ${event.subject}, version ${event.recordversion}`
    return [{ invariant: 'I4', message: `${where} tells of ${what}, which is not in the log` }]
  }
  const told = {
    type: event.type,
    subject: event.subject,
    record_version: event.recordversion,
    position: event.position,
    occurred_at: Date.parse(event.time),
    actor_id: event.actorid ?? null,
    traceparent: event.traceparent ?? null,
    data: event.data,
    key: message.messageId ?? row.id,
  }
  const kept = {
    type: row.type,
    subject: row.subject,
    record_version: row.record_version,
    position: row.position,
    occurred_at: row.occurred_at.getTime(),
    actor_id: row.actor_id,
    traceparent: row.traceparent,
    data: JSON.parse(row.data),
    key: row.id,
  }
  const different = Object.entries(kept).filter(
    ([field, value]) =>
      !isDeepStrictEqual(value, Object.entries(told).find(([other]) => other === field)?.[1]),
  )
  return different.map(([field]) => ({
    invariant: 'I4',
    message: `${where} tells of the event ${row.id} with another ${field} than the log`,
  }))
}

function findMissing(log: readonly LogRow[], broker: BrokerLog, ours: readonly Arrival[]): Violation[] {
  const there = new Set(ours.map(({ event }) => event.id))
  const oldest = ours.reduce((least, { event }) => Math.min(least, event.position), Number.POSITIVE_INFINITY)
  const missing = log.filter(
    ({ id, type, position }) =>
      broker.carries(type) &&
      !there.has(id) &&
      !(broker.isTruncated && position !== null && position < oldest),
  )
  return each(
    'I3-message',
    missing.map(({ id, type, subject }) => `${type} ${id} of ${subject}`),
    (event) => `${broker.name} never got the event ${event}`,
  )
}

/** Repeats may come at any time; what counts is in which order events first appear. */
function findDisorder(name: string, arrivals: readonly Arrival[]): Violation[] {
  const violations: Violation[] = []
  const groups = Map.groupBy(
    arrivals,
    ({ message, event }) => `${message.channel} ${event.source} ${event.subject}`,
  )
  for (const group of groups.values()) {
    const [first] = group
    if (first === undefined) continue
    const lanes = new Set(group.map(({ message }) => message.lane))
    if (lanes.size > 1) {
      const message = `${name} has the events of ${first.event.subject} in ${lanes.size} partitions`
      violations.push({ invariant: 'I5', message })
      continue
    }
    const seen = new Set<string>()
    let last = 0
    for (const { event } of group.toSorted((a, b) => a.message.offset - b.message.offset)) {
      if (seen.has(event.id)) continue
      seen.add(event.id)
      if (event.recordversion < last) {
        const message = `${name} has version ${event.recordversion} of ${event.subject} after version ${last}`
        violations.push({ invariant: 'I5', message })
      }
      last = Math.max(last, event.recordversion)
    }
  }
  return violations
}
