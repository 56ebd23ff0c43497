import { randomUUID } from 'node:crypto'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type { Carrier } from '#platform/events/carrier'
import { createNatsCarrier } from '#platform/events/nats'
import { createLog } from '#platform/telemetry/log'
import type { BrokerLog, Message } from '#tests/checker/broker'
import { readNats } from '#tests/checker/nats'

/** Where events go, and what the checker finds there. */
export type TestBroker = {
  readonly carrier: Pick<Carrier, 'name' | 'store' | 'publish'>
  readonly read: () => Promise<BrokerLog>
  readonly remove: () => Promise<void>
}

/** A broker that keeps what it gets, in this process. */
export async function createMemoryBroker(): Promise<TestBroker> {
  const messages: Message[] = []
  return await Promise.resolve({
    carrier: {
      name: 'nats',
      store: async () => await Promise.resolve('memory'),
      async publish(events) {
        for (const event of events) {
          const offset = messages.length
          const body = JSON.stringify(event)
          messages.push({ channel: 'memory', lane: '', offset, messageId: event.id, body })
        }
        await Promise.resolve()
      },
    },
    read: async () =>
      await Promise.resolve({ name: 'nats', messages, carries: () => true, isTruncated: false }),
    remove: async () => await Promise.resolve(),
  })
}

/** A stream of its own at the NATS server of the tests. */
export async function createNatsBroker(service: string): Promise<TestBroker> {
  const servers = [process.env['TEST_NATS_URL'] ?? '']
  const stream = `FAULTS_${randomUUID().slice(0, 8)}`
  const carrier = createNatsCarrier({
    servers,
    service,
    streamName: stream,
    log: createLog({ level: 'silent' }),
  })
  return {
    carrier,
    async read() {
      // The stream is made with the first event.
      await carrier.store()
      return await readNats({ servers, stream })
    },
    async remove() {
      await carrier.close()
      const connection = await connect({ servers })
      await (await jetstreamManager(connection)).streams.delete(stream)
      await connection.close()
    },
  }
}
