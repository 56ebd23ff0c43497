import type { MessageToProduce } from '@platformatic/kafka'
import { sleep } from '../signal.ts'
import type { EventEnvelope } from './envelope.ts'
import { isProtocolError } from './kafka-clients.ts'
import type { KafkaSession } from './kafka-link.ts'
import { findTopics, type KafkaTopics } from './kafka-topics.ts'

/** Half of what brokers accept as one batch unless they are told otherwise. */
const MOST_BYTES = 512 * 1_024
/** What was refused for its own sake says nothing against the connection. */
const REFUSALS = [
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'TOPIC_AUTHORIZATION_FAILED',
]

type Publication = {
  readonly events: readonly EventEnvelope[]
  readonly topics: KafkaTopics
  /** Of `performance.now()`. */
  readonly deadlineMs: number
}

type KafkaMessage = MessageToProduce<string, string, string, string>

/**
 * Resolves when Kafka has stored all of them, each record's in their order, whatever fails on the way and however
 * often it is tried: one request holds at most one batch for a partition, which is stored whole or not at all, and no
 * request is sent before the one before it was acknowledged. So repeats may occur, but no event's first appearance
 * comes before that of an earlier one of its record.
 */
export async function publishRecords(
  session: KafkaSession,
  { events, topics, deadlineMs }: Publication,
): Promise<void> {
  const limit = new AbortController()
  const late = sleep(deadlineMs - performance.now(), { stop: limit.signal }).then(refuseToWait)
  // Nobody listens any more when all is stored in time.
  late.catch(() => {})
  try {
    // A topic is written to by its name; it must still be the one that this session knows.
    const { shape } = await Promise.race([findTopics(session.producer, topics), late])
    if (shape !== session.shape) throw new Error('the topics were replaced or got more partitions')
    for (const messages of inRequests(events, topics)) {
      session.over.throwIfAborted()
      await Promise.race([session.producer.send({ messages }), late])
    }
  } catch (cause) {
    if (!isProtocolError(cause, ...REFUSALS)) session.end(cause)
    throw new Error('Kafka did not store the events', { cause })
  } finally {
    limit.abort()
  }
}

function refuseToWait(): never {
  throw new Error('Kafka did not acknowledge the events in time')
}

/** As few requests as can be, each within what brokers accept unless a single event is larger. */
function* inRequests(events: readonly EventEnvelope[], topics: KafkaTopics): Generator<KafkaMessage[]> {
  let request: KafkaMessage[] = []
  let bytes = 0
  for (const event of events) {
    const messages = toMessages(event, topics)
    const size = Buffer.byteLength(messages[0]?.value ?? '') * messages.length
    if (request.length > 0 && bytes + size > MOST_BYTES) {
      yield request
      request = []
      bytes = 0
    }
    request.push(...messages)
    bytes += size
  }
  if (request.length > 0) yield request
}

/** In the structured mode of https://github.com/cloudevents/spec, with headers by which it can be chosen unread. */
function toMessages(event: EventEnvelope, { common, ofType }: KafkaTopics): KafkaMessage[] {
  const own = ofType.get(event.type)
  const names = [...(common === null ? [] : [common]), ...(own === undefined ? [] : [own])]
  const value = JSON.stringify(event)
  const headers = {
    'content-type': 'application/cloudevents+json; charset=UTF-8',
    ce_id: event.id,
    ce_type: event.type,
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
  }
  return names.map((topic) => ({ topic, key: event.subject, value, headers }))
}
