import type { Transaction } from 'kysely'
import type { PlatformTables } from '../database/tables.ts'

/** A timer that is due and was claimed: for 30 seconds, or until six seconds after the end of the process. */
export type DueTimer = {
  readonly subject: string
  readonly dueAt: Date
  /** How often it was claimed since it was set, this time included. */
  readonly attempt: number
  /** What was handed to `schedule`. */
  readonly data: unknown
}

/** What becomes of a timer: nothing for done, or the time at which it is due again. */
export type Outcome = { readonly again: Date; readonly data?: unknown } | undefined

/**
 * Ends the timer in one transaction with the work given, unless the claim has run out or the timer was set anew or
 * cancelled meanwhile: then nothing happens and the answer is false.
 */
export type Complete = (
  work: (trx: Transaction<PlatformTables>) => Promise<Outcome | void>,
) => Promise<boolean>

export type TimerKind = {
  /** As in `mail.send`; for ever the same. */
  readonly kind: string
  /** The subject of a timer that is always there: made at the first start, due at once, kept by completing with `again`. */
  readonly standing?: string
  /**
   * Does what is due and calls `complete` once. What reaches outside happens before `complete` and may happen again
   * when the process dies in between, so it carries an idempotency key of its own. To throw has it tried again later,
   * after a pause that grows from one second to ten minutes, without end: who wants an end completes.
   */
  readonly handle: (timer: DueTimer, complete: Complete) => Promise<void>
}

/** What becomes of a timer that was looked at: it is due again at that time, or it is done. */
export type Settled = { readonly subject: string; readonly again: Date | null }

/**
 * A kind whose work changes rows and nothing else. It needs no claim, for what is not committed has not happened: a
 * process that dies in the middle holds nothing up that another could do at once.
 */
export type RowTimerKind = {
  /** As in `task.expiry`; for ever the same. */
  readonly kind: string
  /** What the alarm of a timer is called, where there are alarms that wake the sweep; absent for none. */
  readonly alarmOf?: (subject: string) => string
  /**
   * Does what is due, for many timers in the one transaction that ends them. The timers are locked by then, while
   * everybody else locks a record before its timers: so it locks its records with `skip locked`, and leaves out of its
   * answer whatever it did not get, which comes again soon. When it throws, each timer has a transaction of its own,
   * and the one that fails is tried again later, as others are.
   */
  readonly settle: (
    trx: Transaction<PlatformTables>,
    timers: readonly DueTimer[],
  ) => Promise<readonly Settled[]>
}

export type AnyTimerKind = TimerKind | RowTimerKind

export type NewTimer = {
  readonly kind: string
  /** Which one; a timer of the same kind and subject is replaced. At most 200 characters. */
  readonly subject: string
  readonly dueAt: Date
  /** Anything that JSON can hold. */
  readonly data?: unknown
}

export type TimerName = Pick<NewTimer, 'kind' | 'subject'>

export type Timers = {
  /** Sets timers in the transaction of the work that they follow. */
  readonly schedule: (trx: Transaction<PlatformTables>, ...timers: NewTimer[]) => Promise<void>
  readonly cancel: (trx: Transaction<PlatformTables>, ...timers: TimerName[]) => Promise<void>
}
