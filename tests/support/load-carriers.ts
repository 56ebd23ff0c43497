import type { BrokerLog } from './checker/broker.ts'
import { readNats } from './checker/nats.ts'
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

export const carriers: readonly TestCarrier[] = [inProcess, nats]

function natsBroker({ url, remove }: NatsProcess): TestBroker {
  return {
    environment: { NATS_URL: url },
    logs: async () => [await readNats({ servers: [url], stream: 'KARYA' })],
    remove,
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
]
