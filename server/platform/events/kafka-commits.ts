import type { Admin } from '@platformatic/kafka'
import { crashPoint } from '../crash-point.ts'
import { createSignal, sleep } from '../signal.ts'
import type { Log } from '../telemetry/log.ts'
import { waitAtMost } from './kafka-clients.ts'

const PAUSE_MS = 1_000
/** A new cluster takes a moment until it can keep offsets; only what lasts longer is worth a line. */
const FAILURES_TO_TELL = 10
const LAST_COMMIT_WITHIN_MS = 500
const EVER_MS = 2 ** 31 - 1

export type KafkaCommits = {
  /** By partition, the offset at which reading goes on. */
  readonly note: (next: readonly number[]) => void
  /** Gives the last one a moment. */
  readonly close: () => Promise<void>
}

type CommitParts = {
  readonly admin: Pick<Admin, 'alterConsumerGroupOffsets'>
  readonly groupId: string
  readonly topic: string
  readonly log: Log
}

/**
 * Tells Kafka how far reading has got, for those who watch the group's lag; nobody reads by it, so reading neither
 * waits for it nor fails with it. The group has no members. The newest offsets stand for all before them.
 */
export function createCommits({ admin, groupId, topic, log }: CommitParts): KafkaCommits {
  const closing = new AbortController()
  const noted = createSignal()
  const news = noted.listener()
  let newest: readonly number[] | null = null
  let failures = 0

  async function keepCommitting(): Promise<void> {
    while (!closing.signal.aborted || newest !== null) {
      if (newest === null) await news.wait(EVER_MS, closing.signal)
      else if (!(await commit(newest))) {
        if (closing.signal.aborted) return
        await sleep(PAUSE_MS, { stop: closing.signal })
      }
    }
  }

  async function commit(next: readonly number[]): Promise<boolean> {
    const partitionOffsets = next.map((offset, partition) => ({ partition, offset: BigInt(offset) }))
    try {
      await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] })
    } catch (error) {
      failures += 1
      if (failures === FAILURES_TO_TELL)
        log.warn({ err: error, groupId }, 'Kafka does not take note of how far the events are read')
      return false
    }
    crashPoint('kafka.after-commit')
    failures = 0
    if (newest === next) newest = null
    return true
  }
  const committing = keepCommitting()

  return {
    note(next) {
      newest = [...next]
      noted.tell()
    },
    async close() {
      closing.abort()
      await waitAtMost(LAST_COMMIT_WITHIN_MS, committing)
      news.close()
    },
  }
}
