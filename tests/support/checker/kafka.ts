import { randomUUID } from 'node:crypto'
import { Consumer, ListOffsetTimestamps, stringDeserializers } from '@platformatic/kafka'
import type { BrokerLog, Message } from './broker.ts'

type KafkaTopics = {
  readonly brokers: readonly string[]
  readonly topics: readonly string[]
  /** The types of events that go there; without it all do. */
  readonly types?: readonly string[]
}

/** Everything that some topics keep now. */
export async function readKafka({ brokers, topics, types }: KafkaTopics): Promise<BrokerLog> {
  const consumer = new Consumer({
    clientId: 'karya-checker',
    groupId: `karya-checker-${randomUUID()}`,
    bootstrapBrokers: [...brokers],
    deserializers: stringDeserializers,
    autocommit: false,
  })
  try {
    const list = async (timestamp: bigint) => await consumer.listOffsets({ topics: [...topics], timestamp })
    const oldest = await list(ListOffsetTimestamps.EARLIEST)
    const newest = await list(ListOffsetTimestamps.LATEST)
    const lefts = new Map<string, bigint>()
    for (const [topic, ends] of newest) {
      for (const [partition, end] of ends.entries()) {
        if (end > (oldest.get(topic)?.[partition] ?? 0n)) lefts.set(`${topic}/${partition}`, end)
      }
    }
    const messages: Message[] = []
    if (lefts.size > 0) {
      const arriving = await consumer.consume({ topics: [...topics], mode: 'earliest', maxWaitTime: 200 })
      for await (const message of arriving) {
        const place = `${message.topic}/${message.partition}`
        messages.push({
          channel: message.topic,
          lane: `/${message.partition}`,
          offset: Number(message.offset),
          messageId: null,
          body: message.value,
        })
        if (message.offset + 1n >= (lefts.get(place) ?? 0n)) lefts.delete(place)
        if (lefts.size === 0) break
      }
    }
    const isTruncated = [...oldest.values()].flat().some((offset) => offset > 0n)
    return {
      name: 'kafka',
      messages,
      carries: (type) => types === undefined || types.includes(type),
      isTruncated,
    }
  } finally {
    await consumer.close(true)
  }
}
