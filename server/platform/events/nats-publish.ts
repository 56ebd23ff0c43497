import { JetStreamApiError } from '@nats-io/jetstream'
import { InvalidArgumentError } from '@nats-io/transport-node'
import { crashPoint } from '../crash-point.ts'
import type { EventEnvelope } from './envelope.ts'
import type { NatsSession } from './nats-link.ts'
import { isApiError } from './nats-stream.ts'

/** The server's answer when another message than the expected one is the last of the stream. */
const WRONG_LAST_MESSAGE = 10_070
const WIDEST = 256
const NARROWEST = 8

type Publication = {
  readonly events: readonly EventEnvelope[]
  /** Of `performance.now()`. */
  readonly deadlineMs: number
}

/**
 * Resolves when the stream holds all of them in their order, whatever fails on the way and however often it is tried.
 *
 * Many are sent before the first is acknowledged, so one that the server refuses could leave later ones behind it in
 * the stream, and come after them when it is tried again. Therefore each but the first names its predecessor as the
 * message that must be the last of the stream, or else be refused as well. The first goes without when everything
 * before it is acknowledged. So an event is stored only if all before it are, also when the bytes of an old connection
 * arrive beside those of a new one: repeats may occur, after the stream's duplicate window, but no event's first
 * appearance comes before its predecessor's. Where other services publish at the same time their messages get between
 * ours, the rest is refused, and is sent again in narrower groups.
 */
export async function publishInOrder(
  session: NatsSession,
  { events, deadlineMs }: Publication,
): Promise<void> {
  let width = WIDEST
  let stored = 0
  let sequence = 0
  while (stored < events.length) {
    const group = events.slice(stored, stored + width)
    const answers = await Promise.allSettled(
      group.map(async (event, index) => {
        const predecessor = group[index - 1]?.id
        const answer = await publishOne(session, { event, predecessor, deadlineMs })
        if (stored + index + 1 < events.length) crashPoint('nats.between-publishes')
        return answer
      }),
    )
    let count = 0
    for (const answer of answers) {
      if (answer.status === 'rejected') {
        if (count > 0 && isApiError(answer.reason, WRONG_LAST_MESSAGE)) break
        throw giveUp(session, answer.reason)
      }
      const { seq, duplicate } = answer.value
      if (!duplicate && seq < sequence) throw giveUp(session, new Error('the stream was emptied'))
      if (!duplicate) sequence = seq
      count += 1
    }
    stored += count
    width = count === group.length ? Math.min(width * 2, WIDEST) : Math.max(count * 2, NARROWEST)
  }
}

type Message = {
  readonly event: EventEnvelope
  readonly predecessor: string | undefined
  readonly deadlineMs: number
}

async function publishOne({ client, stream }: NatsSession, { event, predecessor, deadlineMs }: Message) {
  const timeout = Math.floor(deadlineMs - performance.now())
  if (timeout <= 0) throw new Error('NATS did not acknowledge the events in time')
  return await client.publish(`${stream.subjectPrefix}.${event.type}`, JSON.stringify(event), {
    msgID: event.id,
    timeout,
    expect: { streamName: stream.name, ...(predecessor === undefined ? {} : { lastMsgID: predecessor }) },
  })
}

/** What was refused, as too large for example, says nothing against the connection; anything else does. */
function giveUp({ end }: NatsSession, reason: unknown): Error {
  if (!(reason instanceof JetStreamApiError || reason instanceof InvalidArgumentError)) end(reason)
  return new Error('NATS did not store the events', { cause: reason })
}
