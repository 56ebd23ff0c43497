import { once } from 'node:events'
import { AckPolicy, DeliverPolicy, JetStreamApiCodes } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { Compile } from 'typebox/compile'
import { crashPoint } from '../crash-point.ts'
import type { Log } from '../telemetry/log.ts'
import type { Carrier } from './carrier.ts'
import { EventEnvelope } from './envelope.ts'
import { findInfo, findStart, spellCursor } from './nats-cursor.ts'
import type { NatsSession } from './nats-link.ts'
import { type Arrival, openPull } from './nats-pull.ts'
import type { Strangers } from './nats-strangers.ts'
import { isApiError } from './nats-stream.ts'

/** Longer than any batch takes: after it the server would send what it has sent before, to no use. */
const ACKNOWLEDGED_WITHIN_MS = 60 * 60 * 1_000

const envelope = Compile(EventEnvelope)

type ReadParts = {
  readonly session: NatsSession
  /** The name of the durable consumer, by which an operator sees how far this service has got. */
  readonly service: string
  readonly strangers: Strangers
  readonly log: Log
}

/** Reads until the signal says stop; rejects when the session ends, or when somebody else reads as this service. */
export async function readStream(
  { session, service, strangers, log }: ReadParts,
  { from, deliver, signal }: Parameters<Carrier['read']>[0],
): Promise<void> {
  const placing = placeConsumer(session, { service, from, description: strangers.description })
  if (!(await isDoneBefore(signal, placing))) return
  void strangers.look(session)
  const pull = openPull(session, service)
  try {
    let sequence = 0
    for (;;) {
      const taken = await pull.take(signal)
      if (signal.aborted) return
      const arrivals = taken.filter((arrival) => arrival.sequence > sequence)
      const last = arrivals.at(-1)
      if (last === undefined) continue
      sequence = last.sequence
      const events = parseEvents(arrivals, log)
      crashPoint('nats.before-deliver')
      if (events.length > 0) await deliver({ events, cursor: spellCursor(session.store, last) })
      crashPoint('nats.before-acknowledge')
      pull.acknowledge(last)
      crashPoint('nats.after-acknowledge')
    }
  } finally {
    pull.close()
  }
}

/** Answers false as soon as the signal says stop; the work goes on without anybody waiting for it. */
async function isDoneBefore(signal: AbortSignal, work: Promise<void>): Promise<boolean> {
  const over = new AbortController()
  const stopped = signal.aborted
    ? false
    : once(signal, 'abort', { signal: over.signal }).then(
        () => false,
        () => false,
      )
  try {
    return await Promise.race([work.then(() => true), stopped])
  } finally {
    over.abort()
  }
}

/**
 * Puts the durable consumer right before the first message that is wanted. It is always made anew: our database knows
 * how far we are, and what the server sent to somebody before would be missing from one that has been read from.
 */
async function placeConsumer(
  session: NatsSession,
  {
    service,
    from,
    description,
  }: Pick<ReadParts, 'service'> & Pick<Strangers, 'description'> & { readonly from: string | null },
): Promise<void> {
  const { manager, stream } = session
  const start = await findStart(session, from)
  try {
    await manager.consumers.delete(stream.name, service)
  } catch (error) {
    if (!isApiError(error, JetStreamApiCodes.ConsumerNotFound)) throw error
  }
  await manager.consumers.add(stream.name, {
    durable_name: service,
    ack_policy: AckPolicy.All,
    ack_wait: nanos(ACKNOWLEDGED_WITHIN_MS),
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: start,
    description,
  })
  // Had the stream been replaced meanwhile, the start would be one of the stream before.
  await findInfo(session)
}

/** Leaves out what is no event of ours; whoever sent it has to be told by a person. */
function parseEvents(arrivals: readonly Arrival[], log: Log): EventEnvelope[] {
  const events: EventEnvelope[] = []
  const unknown: Arrival[] = []
  for (const arrival of arrivals) {
    const event = parseEvent(arrival)
    if (event === null) unknown.push(arrival)
    else events.push(event)
  }
  const [first] = unknown
  if (first !== undefined) {
    const facts = { subject: first.subject, sequence: first.sequence, count: unknown.length }
    log.warn(facts, 'messages of the stream are no events and are passed over')
  }
  return events
}

function parseEvent({ data }: Arrival): EventEnvelope | null {
  try {
    const event: unknown = JSON.parse(Buffer.from(data).toString())
    return envelope.Check(event) ? event : null
  } catch {
    return null
  }
}
