import { createInbox, type Msg, nanos } from '@nats-io/transport-node'
import { sleep } from '../signal.ts'
import type { Place } from './nats-cursor.ts'
import type { NatsSession } from './nats-link.ts'

const BATCH = 200
const EXPIRES_MS = 30_000
const HEARTBEAT_MS = 5_000
const SILENCE_MS = 2.5 * HEARTBEAT_MS

const HEARTBEAT = 100
const NONE_THERE = 404
const EXPIRED = 408
const NANOSECONDS_PER_MS = 1_000_000

export type Arrival = Place & {
  readonly subject: string
  readonly data: Uint8Array
  /** Where the acknowledgement goes to. */
  readonly reply: string
}

export type Pull = {
  /**
   * What has arrived, at most 200, as soon as there is anything; nothing when the signal says stop. Rejects when the
   * session is over or messages are missing.
   */
  readonly take: (signal: AbortSignal) => Promise<readonly Arrival[]>
  /** Tells the server that this one and all before it have taken effect. */
  readonly acknowledge: (arrival: Arrival) => void
  readonly close: () => void
}

/**
 * Asks for messages of a consumer that nobody has read from yet. At most one request is open, and the next is sent
 * when it is exhausted, so that no more than 200 wait here. The consumer numbers what it sends: a gap means that
 * somebody else reads from it, who has then got what is missing.
 */
export function openPull({ connection, stream, over }: NatsSession, consumer: string): Pull {
  const inbox = createInbox()
  const queue: Arrival[] = []
  let open = 0
  let expected = 1
  let failure: Error | null = null
  let wakeUp = (): void => {}
  let isHeard = false

  const subscription = connection.subscribe(inbox, {
    callback(error, message) {
      if (error !== null) failure ??= error
      else if (message.subject === inbox) heed(message)
      else receive(message)
      isHeard = true
      wakeUp()
    },
  })

  function heed({ headers }: Msg): void {
    const code = headers?.code ?? 0
    if (code === HEARTBEAT) return
    if (code === EXPIRED || code === NONE_THERE) open = 0
    else failure ??= new Error(`NATS ended the reading: ${code} ${headers?.description ?? ''}`)
  }

  function receive({ subject, data, reply = '' }: Msg): void {
    const { delivery, ...place } = parseReply(reply)
    if (delivery !== expected) failure ??= new Error(`somebody else reads as ${consumer}, too`)
    expected += 1
    open = Math.max(open - 1, 0)
    if (failure === null) queue.push({ subject, data, reply, ...place })
  }

  function request(): void {
    open = BATCH
    const limits = { batch: BATCH, expires: nanos(EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) }
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream.name}.${consumer}`
    connection.publish(subject, JSON.stringify(limits), { reply: inbox })
  }

  async function waitForNews(stop: AbortSignal): Promise<void> {
    const news = Promise.withResolvers<void>()
    wakeUp = news.resolve
    isHeard = false
    await sleep(SILENCE_MS, { stop, until: news.promise })
    if (!isHeard && !stop.aborted) failure ??= new Error('NATS has fallen silent')
  }

  return {
    async take(signal) {
      const stop = AbortSignal.any([signal, over])
      for (;;) {
        if (signal.aborted) return []
        over.throwIfAborted()
        if (failure !== null) throw failure
        if (open === 0) request()
        if (queue.length > 0) return queue.splice(0, BATCH)
        await waitForNews(stop)
      }
    },
    acknowledge({ reply }) {
      if (!over.aborted) connection.publish(reply, '+ACK')
    },
    close() {
      if (!connection.isClosed()) subscription.unsubscribe()
    },
  }
}

/** What the server says of a message in the address of its acknowledgement; clusters put the domain and the account before it. */
function parseReply(reply: string): Place & { readonly delivery: number } {
  const tokens = reply.split('.')
  const [sequence, delivery, timeNs] = tokens.slice(tokens.length >= 11 ? 7 : 5)
  return {
    sequence: Number(sequence),
    delivery: Number(delivery),
    timeMs: Math.floor(Number(timeNs) / NANOSECONDS_PER_MS),
  }
}
