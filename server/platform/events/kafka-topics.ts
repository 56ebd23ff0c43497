import { type Admin, type ClusterTopicMetadata, ListOffsetTimestamps, UserError } from '@platformatic/kafka'
import { isProtocolError, whenReady } from './kafka-clients.ts'

/**
 * As many readers can share the work of a topic. To add some later moves records to other partitions: what was
 * written before has to be read by then, or their order is lost at that place.
 */
const PARTITIONS = 6
const RETENTION_MS = 30 * 24 * 60 * 60 * 1_000

export type KafkaTopics = {
  /** For every event; null when only named topics are written. */
  readonly common: string | null
  /** Those of single event types. */
  readonly ofType: ReadonlyMap<string, string>
}

/** What is there, to be compared with what was there before. */
export type FoundTopics = {
  /**
   * The cluster and the topic that has all events, or else the first named one, of this very creation: a topic that
   * was deleted and made again has another id.
   */
  readonly store: string
  /** Every topic's id and number of partitions. */
  readonly shape: string
}

export function namesOf({ common, ofType }: KafkaTopics): string[] {
  return [...new Set([...(common === null ? [] : [common]), ...ofType.values()])]
}

/** Creates what is missing; rejects when that is not allowed. Brokers say how many copies there are. */
export async function ensureTopics(admin: Admin, topics: KafkaTopics): Promise<FoundTopics> {
  for (const name of namesOf(topics)) if (!(await isThere(admin, name))) await createTopic(admin, name)
  const found = await findTopics(admin, topics)
  await whenReady(async () => await askLeaders(admin, namesOf(topics)))
  return found
}

/** Asks the cluster, not the memory of the client. */
export async function findTopics(client: Pick<Admin, 'metadata'>, topics: KafkaTopics): Promise<FoundTopics> {
  const names = namesOf(topics)
  const { id, topics: found } = await client.metadata({ topics: names, forceUpdate: true })
  const shapes = names.map((name) => spellShape(found.get(name)))
  return { store: `${id}/${found.get(names[0] ?? '')?.id ?? ''}`, shape: shapes.join(' ') }
}

function spellShape(topic: ClusterTopicMetadata | undefined): string {
  return `${topic?.id ?? ''}:${topic?.partitionsCount ?? 0}`
}

/** Rejects while a broker has not yet made ready what it is to lead. */
async function askLeaders(admin: Admin, names: readonly string[]): Promise<void> {
  const { topics } = await admin.metadata({ topics: [...names], forceUpdate: true })
  const timestamp = ListOffsetTimestamps.LATEST
  await admin.listOffsets({
    topics: [...topics].map(([name, { partitions }]) => ({
      name,
      partitions: partitions.map((_partition, partitionIndex) => ({ partitionIndex, timestamp })),
    })),
  })
}

async function isThere(admin: Admin, name: string): Promise<boolean> {
  try {
    await admin.metadata({ topics: [name], forceUpdate: true })
    return true
  } catch (error) {
    // The client's way to say that there is no such topic; all else that goes wrong is of another class.
    if (error instanceof UserError) return false
    throw error
  }
}

async function createTopic(admin: Admin, name: string): Promise<void> {
  try {
    await admin.createTopics({
      topics: [{ topic: name, partitions: PARTITIONS }],
      configs: [{ name: 'retention.ms', value: String(RETENTION_MS) }],
    })
  } catch (cause) {
    // Several processes may create it at once.
    if (!isProtocolError(cause, 'TOPIC_ALREADY_EXISTS'))
      throw new Error(
        `the topic ${name} is missing and could not be created; create it with ${PARTITIONS} partitions`,
        { cause },
      )
  }
  await whenReady(async () => {
    if (!(await isThere(admin, name))) throw new Error(`the topic ${name} was created and does not appear`)
  })
}
