/** Something outside the database that tells every process when a timer is due. It wakes the sweep and decides nothing. */
export type Alarm = {
  /** Sets alarms, in the place of those of the same names; never waited for, and lost without harm. */
  readonly set: (...alarms: readonly { readonly name: string; readonly at: Date }[]) => void
  readonly clear: (...names: readonly string[]) => void
  /** Has a function called whenever one goes off, set by whichever process. */
  readonly onRing: (listener: () => void) => void
  readonly close: () => Promise<void>
}

/** For where there is nothing of the kind: the sweep looks for itself. */
export const noAlarm: Alarm = { set() {}, clear() {}, onRing() {}, async close() {} }
