import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'

/** What the server answers when a stream of that name exists with other settings. */
const STREAM_NAME_IN_USE = 10_058
const MAX_AGE_MS = 30 * 24 * 60 * 60 * 1_000
const DUPLICATE_WINDOW_MS = 2 * 60 * 1_000

export type NatsStream = {
  readonly name: string
  /** Subjects are this, a dot and the type of the event. */
  readonly subjectPrefix: string
}

/** Finds the stream or creates it. One that exists keeps its settings: somebody may have had reasons to change them. */
export async function ensureStream(manager: JetStreamManager, stream: NatsStream): Promise<StreamInfo> {
  try {
    return await manager.streams.info(stream.name)
  } catch (error) {
    if (!isApiError(error, JetStreamApiCodes.StreamNotFound)) throw error
  }
  try {
    return await manager.streams.add({
      name: stream.name,
      subjects: [`${stream.subjectPrefix}.>`],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_age: nanos(MAX_AGE_MS),
      duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    })
  } catch (error) {
    if (!isApiError(error, STREAM_NAME_IN_USE)) throw error
    return await manager.streams.info(stream.name)
  }
}

/** Tells a stream from one of the same name that was there before it. */
export function nameStore({ config, created }: Pick<StreamInfo, 'config' | 'created'>): string {
  return `${config.name}@${created}`
}

export function isApiError(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code
}
