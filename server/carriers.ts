import type { Carrier } from '#platform/events/carrier'
import type { Log } from '#platform/telemetry/log'
import type { Config } from './config.ts'

type CarrierParts = {
  readonly config: Config
  /** The installation id of this database. */
  readonly service: string
  /** Tells whether another service trusts the same tokens; absent where nothing is read. */
  readonly tokenMark?: string
  readonly log: Log
}

/** Types that have a topic of their own whatever `KAFKA_TOPICS` says (S6). */
const NAMED_TOPICS = ['order_created']

/** The brokers that are switched on; each client is loaded only then (E2). */
export async function createCarriers({
  config,
  service,
  tokenMark,
  log,
}: CarrierParts): Promise<readonly Carrier[]> {
  const { natsServers, natsStream, kafka } = config
  const carriers: Carrier[] = []
  if (natsServers.length > 0) {
    const { createNatsCarrier } = await import('#platform/events/nats')
    const mark = tokenMark === undefined ? {} : { tokenMark }
    carriers.push(createNatsCarrier({ servers: natsServers, streamName: natsStream, service, log, ...mark }))
  }
  if (kafka !== null) {
    const { createKafkaCarrier } = await import('#platform/events/kafka')
    carriers.push(
      createKafkaCarrier({
        brokers: kafka.brokers,
        topics: [...new Set([...NAMED_TOPICS, ...kafka.topics])],
        topicPrefix: kafka.topicPrefix,
        carries: carriers.length === 0 ? 'everything' : 'named topics',
        service,
        log,
      }),
    )
  }
  return carriers
}
