/** The platform's own tables, which may join any transaction. */
export type PlatformTables = {
  outbox: OutboxTable
  idempotency_keys: IdempotencyKeyTable
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
