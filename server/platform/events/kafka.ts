import { crashPoint } from '../crash-point.ts'
import { sleep } from '../signal.ts'
import type { Log } from '../telemetry/log.ts'
import type { Carrier } from './carrier.ts'
import { createKafkaLink, type KafkaSession } from './kafka-link.ts'
import { publishRecords } from './kafka-publish.ts'
import { readRecords } from './kafka-read.ts'
import type { KafkaTopics } from './kafka-topics.ts'

const SESSION_WITHIN_MS = 2_000
/** The carrier promises ten seconds. */
const PUBLISH_WITHIN_MS = 8_000
/** For all that `karya.events` does not stand for. */
const COMMON_TOPIC = 'karya.events'

type KafkaOptions = {
  /** As `host:port`; one that answers is enough. */
  readonly brokers: readonly string[]
  /** The event types that have a topic of their own name, for programs that are not ours. */
  readonly topics: readonly string[]
  /** `everything` goes to `karya.events` as well, from which we read; for `named topics` another broker does that. */
  readonly carries: 'everything' | 'named topics'
  /** The installation id of this database. */
  readonly service: string
  readonly log: Log
  /** Put before the name of every topic, so that two fleets can share a cluster. */
  readonly topicPrefix?: string
}

/**
 * Kafka. Every event lies in one topic in the order of its record, since the record is the key; what is read by
 * others lies in a topic of its type besides. Connects in the background, so it neither fails nor waits when Kafka is
 * away.
 */
export function createKafkaCarrier({
  brokers,
  topics,
  carries,
  service,
  log,
  topicPrefix = '',
}: KafkaOptions): Carrier {
  const layout: KafkaTopics = {
    common: carries === 'everything' ? `${topicPrefix}${COMMON_TOPIC}` : null,
    ofType: new Map(topics.map((type) => [type, `${topicPrefix}${type}`])),
  }
  const link = createKafkaLink({ brokers, clientId: `karya-${service}`, topics: layout, log })
  let askedFor: string | null = null

  async function findSession(): Promise<KafkaSession> {
    const found = new AbortController()
    const limit = sleep(SESSION_WITHIN_MS, { stop: found.signal })
    try {
      return await Promise.race([link.session(), limit.then(refuseToWait)])
    } finally {
      found.abort()
    }
  }

  return {
    name: 'kafka',
    state: link.state,
    async store() {
      const { store } = await findSession()
      askedFor = store
      return store
    },
    async publish(events) {
      const carried = layout.common === null ? events.filter(({ type }) => layout.ofType.has(type)) : events
      if (carried.length === 0) return
      const deadlineMs = performance.now() + PUBLISH_WITHIN_MS
      const session = await findSession()
      // A new topic has to be told everything from the beginning, which whoever publishes does not know yet.
      if (askedFor !== null && askedFor !== session.store)
        throw new Error('the topic is another one than before; ask for the store again')
      crashPoint('kafka.before-publish')
      await publishRecords(session, { events: carried, topics: layout, deadlineMs })
      crashPoint('kafka.after-publish')
    },
    async read(reading) {
      if (layout.common === null) throw new TypeError('Kafka carries the named topics only; nothing is read')
      if (reading.signal.aborted) return
      const session = await findSession()
      await readRecords({ session, topics: layout, topic: layout.common, service, log }, reading)
    },
    close: link.close,
  }
}

function refuseToWait(): never {
  throw new Error('Kafka does not answer')
}
