import { randomBytes } from 'node:crypto'
import process from 'node:process'
import type { BrokerLog } from './checker/broker.ts'
import { readKafka } from './checker/kafka.ts'
import { readNats } from './checker/nats.ts'
import { kafkaMissing, startKafkaProcess } from './kafka-process.ts'
import { type NatsProcess, natsMissing, startNatsProcess } from './nats-process.ts'

/** What carries events between services in a journey; nothing of it is shared with another test. */
export type TestCarrier = {
  readonly name: 'in-process' | 'NATS' | 'Kafka'
  /** Why it cannot be used here; null when it can. */
  readonly missing: string | null
  readonly provide: () => Promise<TestBroker>
}

export type TestBroker = {
  /** For each process of the server. */
  readonly environment: Readonly<Record<string, string>>
  /** Everything that the broker keeps. */
  readonly logs: () => Promise<readonly BrokerLog[]>
  readonly remove: () => Promise<void>
}

export const inProcess: TestCarrier = {
  name: 'in-process',
  missing: null,
  provide: async () => ({ environment: {}, logs: async () => [], remove: async () => {} }),
}

const nats: TestCarrier = {
  name: 'NATS',
  missing: natsMissing,
  provide: async () => natsBroker(await startNatsProcess()),
}

const { TEST_KAFKA_BROKERS = '' } = process.env

const kafka: TestCarrier = {
  name: 'Kafka',
  missing: TEST_KAFKA_BROKERS === '' ? 'TEST_KAFKA_BROKERS not set; see node tools/services.mjs env' : null,
  provide: async () => ({ ...kafkaBroker(TEST_KAFKA_BROKERS), remove: async () => {} }),
}

export const carriers: readonly TestCarrier[] = [inProcess, nats, kafka]

function natsBroker({ url, remove }: NatsProcess): TestBroker {
  return {
    environment: { NATS_URL: url },
    logs: async () => [await readNats({ servers: [url], stream: 'KARYA' })],
    remove,
  }
}

/** With topics of its own, for others may use the same Kafka. */
function kafkaBroker(brokers: string): Omit<TestBroker, 'remove'> {
  const prefix = `journey-${randomBytes(6).toString('hex')}.`
  return {
    environment: { KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: prefix },
    logs: async () => [
      await readKafka({ brokers: brokers.split(','), topics: [`${prefix}karya.events`] }),
      await readKafka({
        brokers: brokers.split(','),
        topics: [`${prefix}order_created`],
        types: ['order_created'],
      }),
    ],
  }
}

/** A broker that the test itself stops and starts. */
export type BrokerProcess = TestBroker & {
  readonly stop: () => Promise<void>
  /** With what it had on its disk. */
  readonly restart: () => Promise<void>
}

type StoppableBroker = Pick<TestCarrier, 'name' | 'missing'> & {
  readonly start: () => Promise<BrokerProcess>
}

export const stoppableBrokers: readonly StoppableBroker[] = [
  {
    name: 'NATS',
    missing: natsMissing,
    async start() {
      const own = await startNatsProcess()
      return { ...natsBroker(own), stop: own.kill, restart: own.start }
    },
  },
  {
    name: 'Kafka',
    missing: kafkaMissing,
    async start() {
      const own = await startKafkaProcess()
      return { ...kafkaBroker(own.broker), remove: own.remove, stop: own.kill, restart: own.start }
    },
  },
]
