import type { EventEnvelope } from './envelope.ts'

/** Some events in the order of the carrier, and where to go on after them. */
export type Batch = {
  readonly events: readonly EventEnvelope[]
  /** In the carrier's own terms, at most 2,000 characters. */
  readonly cursor: string
}

type Reading = {
  /** The cursor of the last batch that took effect; null reads from the oldest event that the broker has. */
  readonly from: string | null
  /** Takes effect before it resolves; the broker is told after that, and the next batch follows after that. */
  readonly deliver: (batch: Batch) => Promise<void>
  readonly signal: AbortSignal
}

/**
 * A broker between services, at least once each way. The truth of how far anybody has got is in our databases: the
 * relay's position for what is published, the reader's cursor for what took effect. What the broker keeps of it is for
 * those who watch the broker.
 */
export type Carrier = {
  readonly name: 'nats' | 'kafka'
  readonly state: () => 'up' | 'down'
  /** Names the store behind the broker; another name than before means that the events must be published anew. */
  readonly store: () => Promise<string>
  /** Resolves when the broker has stored all of them, in this order. Rejects within 10 s when it has not; may repeat. */
  readonly publish: (events: readonly EventEnvelope[]) => Promise<void>
  /**
   * Reads until the signal says stop, then resolves; rejects when the broker is lost or when `deliver` rejects.
   * The events of one subject arrive in their order.
   */
  readonly read: (reading: Reading) => Promise<void>
  readonly close: () => Promise<void>
}
