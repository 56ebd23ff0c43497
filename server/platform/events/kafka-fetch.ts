import type { Consumer } from '@platformatic/kafka'
import { createSignal } from '../signal.ts'

const BATCH = 200
/** Fetching pauses while so many wait to be taken. */
const MOST_WAITING = 2_000
/** A broker without news answers after that; its silence beyond that fails the fetching. */
const LONGEST_WAIT_MS = 1_000
const MOST_BYTES = 1_024 * 1_024
const MOST_BYTES_OF_PARTITION = 256 * 1_024
/** Uncommitted: we write without transactions, and nobody else writes. */
const READ_UNCOMMITTED = 0
/** The attribute of batches that brokers write for themselves. */
const IS_CONTROL = 0b10_0000
const UNKNOWN_EPOCH = -1
const EVER_MS = 2 ** 31 - 1

export type Arrival = {
  readonly partition: number
  readonly offset: number
  readonly value: Buffer | null
}

type FetchedPartition = Awaited<ReturnType<Consumer['fetch']>>['responses'][number]['partitions'][number]

type FetchParts = {
  readonly consumer: Pick<Consumer, 'fetch' | 'metadata'>
  readonly topic: string
  /** By partition, where to begin. */
  readonly start: readonly number[]
  readonly stop: AbortSignal
}

/**
 * Reads every partition from its broker, without a group of readers, which would have to wait for a reader that was
 * killed. The next fetch is under way while what came before takes effect. What it answers with, takes what has arrived,
 * at most 200, as soon as there is anything; nothing when told to stop. That rejects when a broker fails.
 */
export async function openFetching({
  consumer,
  topic,
  start,
  stop,
}: FetchParts): Promise<() => Promise<readonly Arrival[]>> {
  const { topics } = await consumer.metadata({ topics: [topic] })
  const found = topics.get(topic)
  if (found === undefined || found.partitions.length !== start.length)
    throw new Error(`the topic ${topic} was replaced or got more partitions`)
  const next = [...start]
  const queue: Arrival[] = []
  const arrived = createSignal()
  const taken = createSignal()
  const news = arrived.listener()
  const failed = new AbortController()

  const leaders = Map.groupBy(
    next.keys(),
    (partition) => found.partitions[partition]?.leader ?? UNKNOWN_EPOCH,
  )
  for (const [node, partitions] of leaders) {
    keepFetching(node, partitions).catch((error: unknown) => {
      failed.abort(error)
      arrived.tell()
    })
  }

  async function keepFetching(node: number, partitions: readonly number[]): Promise<void> {
    const room = taken.listener()
    try {
      while (!stop.aborted && !failed.signal.aborted) {
        while (queue.length >= MOST_WAITING && !stop.aborted) await room.wait(EVER_MS, stop)
        if (stop.aborted) return
        const { responses } = await consumer.fetch(requestTo(node, partitions))
        for (const response of responses) for (const partition of response.partitions) receive(partition)
      }
    } finally {
      room.close()
    }
  }

  function requestTo(node: number, partitions: readonly number[]) {
    return {
      node,
      minBytes: 1,
      maxBytes: MOST_BYTES,
      maxWaitTime: LONGEST_WAIT_MS,
      isolationLevel: READ_UNCOMMITTED,
      topics: [
        {
          topicId: found?.id ?? '',
          partitions: partitions.map((partition) => ({
            partition,
            fetchOffset: BigInt(next[partition] ?? 0),
            currentLeaderEpoch: UNKNOWN_EPOCH,
            lastFetchedEpoch: UNKNOWN_EPOCH,
            partitionMaxBytes: MOST_BYTES_OF_PARTITION,
          })),
        },
      ],
    }
  }

  function receive({ partitionIndex: partition, records }: FetchedPartition): void {
    const wanted = next[partition] ?? 0
    for (const { firstOffset, lastOffsetDelta, attributes, records: messages } of records ?? []) {
      // A batch is sent whole, also when what is wanted begins in its middle.
      const first = Number(firstOffset)
      for (const { offsetDelta, value } of (attributes & IS_CONTROL) === 0 ? messages : []) {
        if (first + offsetDelta >= wanted) queue.push({ partition, offset: first + offsetDelta, value })
      }
      next[partition] = Math.max(next[partition] ?? 0, first + lastOffsetDelta + 1)
    }
    arrived.tell()
  }

  return async () => {
    for (;;) {
      if (stop.aborted) return []
      if (queue.length > 0) {
        taken.tell()
        return queue.splice(0, BATCH)
      }
      failed.signal.throwIfAborted()
      await news.wait(EVER_MS, stop)
    }
  }
}
