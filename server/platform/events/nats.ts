import { crashPoint } from '../crash-point.ts'
import { sleep } from '../signal.ts'
import type { Log } from '../telemetry/log.ts'
import type { Carrier } from './carrier.ts'
import { createNatsLink, type NatsSession } from './nats-link.ts'
import { publishInOrder } from './nats-publish.ts'
import { readStream } from './nats-read.ts'
import { createStrangers } from './nats-strangers.ts'

const SESSION_WITHIN_MS = 2_000
/** The carrier promises ten seconds. */
const PUBLISH_WITHIN_MS = 8_000

type NatsOptions = {
  /** `nats://` or `tls://`, with credentials where they are wanted. */
  readonly servers: readonly string[]
  /** The installation id of this database. */
  readonly service: string
  /** The same at all services that trust each other's tokens. */
  readonly tokenMark?: string
  readonly log: Log
  readonly streamName?: string
  /** The stream's name in lower case without one; two streams of one account must not share subjects. */
  readonly subjectPrefix?: string
}

/**
 * NATS JetStream: one stream for all services that belong together, and a durable consumer for each. Connects in the
 * background, so it neither fails nor waits when NATS is away.
 */
export function createNatsCarrier({
  servers,
  service,
  tokenMark,
  log,
  streamName = 'KARYA',
  subjectPrefix = streamName.toLowerCase(),
}: NatsOptions): Carrier {
  const stream = { name: streamName, subjectPrefix }
  const link = createNatsLink({ servers, clientName: `karya ${service}`, stream, log })
  const strangers = createStrangers({ service, tokenMark, log })
  let askedFor: string | null = null

  async function findSession(): Promise<NatsSession> {
    const found = new AbortController()
    const limit = sleep(SESSION_WITHIN_MS, { stop: found.signal })
    try {
      return await Promise.race([link.session(), limit.then(refuseToWait)])
    } finally {
      found.abort()
    }
  }

  return {
    name: 'nats',
    state: link.state,
    async store() {
      const { store } = await findSession()
      askedFor = store
      return store
    },
    async publish(events) {
      if (events.length === 0) return
      const deadlineMs = performance.now() + PUBLISH_WITHIN_MS
      const session = await findSession()
      // A new stream has to be told everything from the beginning, which whoever publishes does not know yet.
      if (askedFor !== null && askedFor !== session.store)
        throw new Error('the stream is another one than before; ask for the store again')
      crashPoint('nats.before-publish')
      await publishInOrder(session, { events, deadlineMs })
      crashPoint('nats.after-publish')
    },
    async read(reading) {
      if (reading.signal.aborted) return
      await readStream({ session: await findSession(), service, strangers, log }, reading)
    },
    close: link.close,
  }
}

function refuseToWait(): never {
  throw new Error('NATS does not answer')
}
