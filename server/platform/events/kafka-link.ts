import { Admin, compatibilityPartitioner, Producer, stringSerializers } from '@platformatic/kafka'
import { createSignal, type Signal, sleep } from '../signal.ts'
import type { Log } from '../telemetry/log.ts'
import { clientOptions, closeClient, type KafkaPlace, waitAtMost, whenReady } from './kafka-clients.ts'
import { ensureTopics, type FoundTopics, findTopics, type KafkaTopics } from './kafka-topics.ts'

/** How often the topics are asked after: it shows a broker that hangs and a topic that was replaced. */
const LOOK_MS = 5_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000
const CLOSE_TIMEOUT_MS = 1_500

export type KafkaProducer = Producer<string, string, string, string>

/** The clients of one time, and the topics as they were in it. When either is gone the session is over, for good. */
export type KafkaSession = FoundTopics & {
  readonly place: KafkaPlace
  readonly admin: Admin
  readonly producer: KafkaProducer
  /** Aborts with the session; its reason says why. */
  readonly over: AbortSignal
  readonly end: (reason: unknown) => void
  /** Has it looked at once whether the session still stands. */
  readonly doubt: () => void
}

export type KafkaLink = {
  readonly state: () => 'up' | 'down'
  /** Resolves with the session, or with the one that is being opened at the moment; rejects when Kafka is away. */
  readonly session: () => Promise<KafkaSession>
  readonly close: () => Promise<void>
}

type LinkParts = KafkaPlace & { readonly topics: KafkaTopics; readonly log: Log }

/** Keeps a session for as long as it lives, and opens the next one when it ends. */
export function createKafkaLink({ topics, log, ...place }: LinkParts): KafkaLink {
  const closing = new AbortController()
  let current: KafkaSession | null = null
  let opening: Promise<KafkaSession> | null = null
  let lastFailure: unknown = new Error('Kafka has not been reached yet')

  async function keepSession(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS
    let isTold = false
    while (!closing.signal.aborted) {
      const startedAt = performance.now()
      const doubts = createSignal()
      try {
        opening = openSession({ place, topics, doubts, closing: closing.signal })
        current = await opening
        if (isTold) log.info({ store: current.store }, 'Kafka is back')
        isTold = false
        lastFailure = await watch(current, { topics, doubts })
      } catch (error) {
        lastFailure = error
      }
      current = null
      opening = null
      if (closing.signal.aborted) return
      if (!isTold) log.warn({ err: lastFailure }, 'Kafka cannot be used; events wait for it')
      isTold = true
      if (performance.now() - startedAt > LOOK_MS) pauseMs = FIRST_PAUSE_MS
      await sleep(pauseMs * (0.5 + Math.random() / 2), { stop: closing.signal })
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }
  const keeping = keepSession()

  return {
    state: () => (current === null || current.over.aborted ? 'down' : 'up'),
    async session() {
      if (opening === null || closing.signal.aborted || current?.over.aborted === true)
        throw new Error('Kafka cannot be used', { cause: lastFailure })
      return await opening
    },
    async close() {
      closing.abort(new Error('the connection to Kafka was closed'))
      await waitAtMost(CLOSE_TIMEOUT_MS, keeping)
    },
  }
}

type Opening = {
  readonly place: KafkaPlace
  readonly topics: KafkaTopics
  readonly doubts: Signal
  readonly closing: AbortSignal
}

async function openSession({ place, topics, doubts, closing }: Opening): Promise<KafkaSession> {
  // The client asks the first that accepts a connection; one that hangs shall not be the first each time.
  const tried = { ...place, brokers: inOrderOfChance(place.brokers) }
  const admin = new Admin(clientOptions(tried))
  const over = new AbortController()
  const end = (reason: unknown): void => over.abort(reason)
  const endWithLink = (): void => end(closing.reason)
  const closeAdmin = (): void => void closeClient(admin)
  over.signal.addEventListener('abort', closeAdmin, { once: true })
  closing.addEventListener('abort', endWithLink, { once: true })
  try {
    closing.throwIfAborted()
    const found = await ensureTopics(admin, topics)
    over.signal.throwIfAborted()
    const producer = createProducer(tried)
    over.signal.addEventListener('abort', () => void closeClient(producer), { once: true })
    await whenReady(async () => await producer.initIdempotentProducer({}))
    over.signal.throwIfAborted()
    for (const client of [admin, producer]) client.on('client:broker:disconnect', doubts.tell)
    const release = (): void => closing.removeEventListener('abort', endWithLink)
    over.signal.addEventListener('abort', release, { once: true })
    return { ...found, place: tried, admin, producer, over: over.signal, end, doubt: doubts.tell }
  } catch (error) {
    end(error)
    throw error
  }
}

function createProducer(place: KafkaPlace): KafkaProducer {
  return new Producer({
    ...clientOptions(place),
    // The broker stores a batch of one producer once, and only after the one before it.
    idempotent: true,
    repeatOnStaleMetadata: false,
    // The partition that clients in other languages find for the same key.
    partitioner: compatibilityPartitioner,
    serializers: stringSerializers,
  })
}

/** Resolves with the reason when the session is over and its clients closed; never rejects. */
async function watch(
  session: KafkaSession,
  { topics, doubts }: { readonly topics: KafkaTopics; readonly doubts: Signal },
): Promise<unknown> {
  const { admin, producer, shape, over, end } = session
  const doubted = doubts.listener()
  while (!over.aborted) {
    await doubted.wait(LOOK_MS, over)
    if (over.aborted) break
    try {
      if ((await findTopics(admin, topics)).shape !== shape)
        end(new Error('the topics were replaced or got more partitions'))
    } catch (error) {
      end(error)
    }
  }
  doubted.close()
  await closeClient(producer)
  return over.reason
}

function inOrderOfChance<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ item }) => item)
}
