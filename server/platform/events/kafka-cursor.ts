import { type Consumer, ListOffsetTimestamps } from '@platformatic/kafka'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Log } from '../telemetry/log.ts'

/** The carrier promises it. */
const MOST_CHARACTERS = 2_000

const Cursor = Type.Object({
  /** Of which cluster and topic the offsets are. */
  store: Type.String(),
  /** By partition: the offset of the first message that has not taken effect. */
  next: Type.Array(Type.Integer({ minimum: 0 })),
})
const cursorCheck = Compile(Cursor)

export function spellCursor(cursor: Static<typeof Cursor>): string {
  const spelling = JSON.stringify(cursor)
  if (spelling.length > MOST_CHARACTERS)
    throw new RangeError(`the topic has too many partitions to read from it: ${cursor.next.length}`)
  return spelling
}

type Place = {
  readonly consumer: Pick<Consumer, 'listOffsets'>
  readonly topic: string
  readonly store: string
  readonly log: Log
}

/**
 * The offset of each partition at which to go on. It is the first there is when the cursor is of another topic, or of
 * messages that this one does not have: what comes once more is recognised by its id, what is skipped would be lost.
 */
export async function findStart(
  { consumer, topic, store, log }: Place,
  from: string | null,
): Promise<number[]> {
  const [first, end] = await Promise.all([
    findOffsets(consumer, topic, ListOffsetTimestamps.EARLIEST),
    findOffsets(consumer, topic, ListOffsetTimestamps.LATEST),
  ])
  const cursor = parseCursor(from)
  const known = cursor?.store === store ? cursor.next : []
  return first.map((earliest, partition) => {
    const next = known[partition]
    if (next === undefined) return earliest
    if (next >= earliest && next <= (end[partition] ?? 0)) return next
    log.warn(
      { topic, partition, next, earliest },
      'Kafka does not have what comes next; read from the first on',
    )
    return earliest
  })
}

async function findOffsets(consumer: Place['consumer'], topic: string, timestamp: bigint): Promise<number[]> {
  const offsets = await consumer.listOffsets({ topics: [topic], timestamp })
  return (offsets.get(topic) ?? []).map(Number)
}

function parseCursor(from: string | null): Static<typeof Cursor> | null {
  try {
    const cursor: unknown = JSON.parse(from ?? 'null')
    return cursorCheck.Check(cursor) ? cursor : null
  } catch {
    return null
  }
}
