import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type { BrokerLog, Message } from './broker.ts'

type NatsStream = { readonly servers: readonly string[]; readonly stream: string }

/** Everything that a stream keeps now. */
export async function readNats({ servers, stream }: NatsStream): Promise<BrokerLog> {
  const connection = await connect({ servers: [...servers], name: 'karya checker' })
  try {
    const found = await jetstream(connection).streams.get(stream)
    const { state } = await found.info()
    const messages: Message[] = []
    if (state.messages > 0) {
      const consumer = await found.getConsumer()
      const arriving = await consumer.consume({ max_messages: 1_000 })
      for await (const message of arriving) {
        messages.push({
          channel: stream,
          lane: '',
          offset: message.seq,
          messageId: message.headers?.get('Nats-Msg-Id') || null,
          body: message.string(),
        })
        if (message.seq >= state.last_seq) break
      }
      await arriving.close()
    }
    return { name: 'nats', messages, carries: () => true, isTruncated: state.first_seq > 1 }
  } finally {
    await connection.close()
  }
}
