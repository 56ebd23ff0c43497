import type { StreamInfo } from '@nats-io/jetstream'
import type { NatsSession } from './nats-link.ts'
import { nameStore } from './nats-stream.ts'

/** A message of the stream, so that it can be told from another one at the same place. */
export type Place = { readonly sequence: number; readonly timeMs: number }

/** The sequence alone would be ambiguous: a server that lost power may give the last numbers once more. */
const SPELLING = /^(?<store>.+)\/(?<sequence>\d+)\/(?<timeMs>\d+)$/
/** Times arrive in nanoseconds, which a number does not hold exactly. */
const SAME_MS = 2

export function spellCursor(store: string, { sequence, timeMs }: Place): string {
  return `${store}/${sequence}/${timeMs}`
}

/**
 * The sequence at which to go on. It is the first one when the cursor is of another stream, or of messages that this
 * one has lost: what comes once more is recognised by its id, what is skipped would be lost.
 */
export async function findStart(session: NatsSession, from: string | null): Promise<number> {
  const place = SPELLING.exec(from ?? '')?.groups
  if (place === undefined || place['store'] !== session.store) return 1
  const sequence = Number(place['sequence'])
  const { state } = await findInfo(session)
  if (sequence > state.last_seq) return 1
  const message =
    sequence < state.first_seq
      ? null
      : await session.manager.streams.getMessage(session.stream.name, { seq: sequence })
  const isOther = message !== null && Math.abs(message.time.getTime() - Number(place['timeMs'])) > SAME_MS
  return isOther ? 1 : sequence + 1
}

/** Rejects when the stream is not the session's any more. */
export async function findInfo({ manager, stream, store, end }: NatsSession): Promise<StreamInfo> {
  const info = await manager.streams.info(stream.name)
  if (nameStore(info) === store) return info
  const replaced = new Error(`the stream ${stream.name} was replaced by another one`)
  end(replaced)
  throw replaced
}
