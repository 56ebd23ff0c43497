/** The platform's own tables, which may join any transaction. */
export type PlatformTables = {
  outbox: OutboxTable
  installation: InstallationTable
  leases: LeaseTable
  event_publishers: EventPublisherTable
  event_readers: EventReaderTable
  event_consumers: EventConsumerTable
  inbox: InboxTable
  inbox_floors: InboxFloorTable
  timers: TimerTable
  idempotency_keys: IdempotencyKeyTable
  files: FileTable
}

/** Events that wait to be announced, and the log of those that were (E1). */
export type OutboxTable = {
  id: string
  type: string
  subject: string
  record_version: number
  /** JSON */
  data: string
  actor_id: string | null
  traceparent: string | null
  occurred_at: Date
  /** The place in the one gap-free sequence; the relay gives it after the commit. */
  position: number | null
}

/** Answers that are given again to the same request (C6). */
export type IdempotencyKeyTable = {
  /** SHA-256 of the caller, the route and the key, in hex. */
  id: string
  /** HMAC of the method, the path and the body, so that a stored row tells nothing of a password. */
  fingerprint: string
  /** The whole answer, sealed with a key that only the client's own Idempotency-Key can make. */
  answer: string | null
  created_at: Date
}

/** Who this database is among others; one row named `this`. */
export type InstallationTable = {
  name: string
  id: string
  created_at: Date
}

/** Who alone may do something for a while; the token grows with every change of hands (fencing). */
export type LeaseTable = {
  name: string
  holder: string
  token: number
  until_at: Date
}

/** How far a broker has got the log of this database. */
export type EventPublisherTable = {
  carrier: string
  /** Which store the broker keeps them in; with another one everything is published again. */
  store: string
  position: number
}

/** How far this database's consumers have read what a carrier brings. */
export type EventReaderTable = {
  name: string
  /** In the carrier's own terms; null before the first event. */
  cursor: string | null
}

/** The consumers that have been here before; a new one has the events read from the beginning. */
export type EventConsumerTable = {
  name: string
  created_at: Date
}

/**
 * One row for each event and consumer, written in the transaction of the effect. A row is handled, or waits for its
 * next try (`due_at`), or is parked; the last two keep the event itself.
 */
export type InboxTable = {
  consumer: string
  event_id: string
  subject: string
  /** The installation that the event comes from, in whose log it has the position. */
  source: string
  position: number
  received_at: Date
  handled_at: Date | null
  attempts: number
  due_at: Date | null
  parked_at: Date | null
  last_error: string | null
  /** JSON */
  event: string | null
}

/** Up to which position of a source the rows of handled events were cleared away: those below have had their effect. */
export type InboxFloorTable = {
  consumer: string
  source: string
  position: number
}

/** Work that is due at a time (design §7). */
export type TimerTable = {
  kind: string
  subject: string
  due_at: Date
  /** When it may be claimed: first at `due_at`, while it is claimed when the claim ends, after a failure the next try. */
  next_at: Date
  /** How often it was claimed since it was set. */
  attempt: number
  /** Of the last claim: one that has run out, or whose timer was set anew, completes nothing (fencing). */
  claim_id: string | null
  /** JSON */
  data: string | null
  last_error: string | null
}

/** Every file that is stored, from before it is written until after it is removed. */
export type FileTable = {
  id: string
  /** What it is for, as `product_image`: decides who may read it. */
  purpose: string
  owner_id: string
  /** What the sender called it, for people; nothing is found by it. */
  name: string
  /** The media type that its bytes have shown. */
  type: string
  bytes: number
  /** In hex. */
  sha256: string
  /** When a record began to name it; until then nobody can read it. */
  kept_at: Date | null
  /** When the last record stopped naming it; it is removed after that. */
  dropped_at: Date | null
  created_at: Date
}
