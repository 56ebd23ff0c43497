import { Consumer } from '@platformatic/kafka'
import { Compile } from 'typebox/compile'
import { crashPoint } from '../crash-point.ts'
import type { Log } from '../telemetry/log.ts'
import type { Carrier } from './carrier.ts'
import { EventEnvelope } from './envelope.ts'
import { clientOptions, closeClient } from './kafka-clients.ts'
import { createCommits } from './kafka-commits.ts'
import { findStart, spellCursor } from './kafka-cursor.ts'
import { type Arrival, openFetching } from './kafka-fetch.ts'
import type { KafkaSession } from './kafka-link.ts'
import { findTopics, type KafkaTopics } from './kafka-topics.ts'

const envelope = Compile(EventEnvelope)
/** The session asks after the topics; a change ends it, and this reading with it. */
const EVER_MS = 2 ** 31 - 1

type ReadParts = {
  readonly session: KafkaSession
  readonly topics: KafkaTopics
  /** That of all events. */
  readonly topic: string
  readonly service: string
  readonly log: Log
}

/** Reads until the signal says stop; rejects when a broker fails or the session ends. */
export async function readRecords(
  { session, topics, topic, service, log }: ReadParts,
  { from, deliver, signal }: Parameters<Carrier['read']>[0],
): Promise<void> {
  const { place, store, over, admin, doubt } = session
  const groupId = `karya-${service}`
  // One for each reading: what a broker still owes to an earlier one would hold up the answers to this one.
  const consumer = new Consumer({ ...clientOptions(place), groupId, metadataMaxAge: EVER_MS })
  consumer.topics.track(topic)
  const commits = createCommits({ admin, groupId, topic, log })
  const stop = AbortSignal.any([signal, over])
  // Breaks off whatever the consumer is doing at that moment.
  stop.addEventListener('abort', () => void closeClient(consumer), { once: true })
  try {
    // Topics are asked after by name; this must still be the one whose offsets the session's store stands for.
    const { shape } = await findTopics(consumer, topics)
    if (shape !== session.shape) throw new Error('the topics were replaced or got more partitions')
    const next = await findStart({ consumer, topic, store, log }, from)
    const take = await openFetching({ consumer, topic, start: next, stop })
    for (;;) {
      const arrivals = await take()
      if (stop.aborted) break
      for (const { partition, offset } of arrivals) next[partition] = offset + 1
      const events = parseEvents(arrivals, { topic, log })
      crashPoint('kafka.before-deliver')
      if (events.length > 0) await deliver({ events, cursor: spellCursor({ store, next }) })
      crashPoint('kafka.before-commit')
      commits.note(next)
    }
    if (!signal.aborted) over.throwIfAborted()
  } catch (error) {
    // Stopping is what broke it.
    if (signal.aborted) return
    doubt()
    throw error
  } finally {
    await Promise.all([commits.close(), closeClient(consumer)])
  }
}

/** Leaves out what is no event of ours; whoever sent it has to be told by a person. */
function parseEvents(
  arrivals: readonly Arrival[],
  { topic, log }: { readonly topic: string; readonly log: Log },
): EventEnvelope[] {
  const events: EventEnvelope[] = []
  const unknown: Arrival[] = []
  for (const arrival of arrivals) {
    const event = parseEvent(arrival)
    if (event === null) unknown.push(arrival)
    else events.push(event)
  }
  const [first] = unknown
  if (first !== undefined) {
    const facts = { topic, partition: first.partition, offset: first.offset, count: unknown.length }
    log.warn(facts, 'messages of the topic are no events and are passed over')
  }
  return events
}

function parseEvent({ value }: Arrival): EventEnvelope | null {
  try {
    const event: unknown = JSON.parse(value?.toString() ?? 'null')
    return envelope.Check(event) ? event : null
  } catch {
    return null
  }
}
