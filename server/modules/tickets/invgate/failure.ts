/**
 * `timeout`: no answer in time; `unreachable`: no connection, one that broke, or an answer of 5xx; `refused`: InvGate
 * said no; `unreadable`: an answer that makes no sense; `resting`: not asked, because InvGate was down a moment ago or
 * too many wait already; `unprepared`: not asked, because something of ours was not to be had that belongs to it.
 */
export type InvgateFailureCode =
  | 'timeout'
  | 'unreachable'
  | 'refused'
  | 'unreadable'
  | 'resting'
  | 'unprepared'

type Facts = {
  readonly code: InvgateFailureCode
  readonly message: string
  readonly mayBeDone: boolean
  readonly status?: number | null
  readonly retryAfterMs?: number | null
  readonly cause?: unknown
}

/** InvGate did not do, or not certainly do, what it was asked. Its message holds no credential and at most 1 kB. */
export class InvgateFailure extends Error {
  readonly code: InvgateFailureCode
  /** Whether InvGate may have done it nevertheless: then it is looked for, and never asked blindly again (D5). */
  readonly mayBeDone: boolean
  /** That of HTTP, where there was an answer. */
  readonly status: number | null
  /** How long InvGate wants to be left alone. */
  readonly retryAfterMs: number | null

  constructor({ code, message, mayBeDone, status = null, retryAfterMs = null, cause }: Facts) {
    super(message, { cause })
    this.name = 'InvgateFailure'
    this.code = code
    this.mayBeDone = mayBeDone
    this.status = status
    this.retryAfterMs = retryAfterMs
  }

  /** Whether the same may succeed later without any change to it. */
  get isPassing(): boolean {
    return this.code !== 'refused' || this.status === 429 || this.status === 401
  }
}
