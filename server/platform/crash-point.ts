import process from 'node:process'

/** Places at which a test may have the process killed, before and after every wait that matters. */
export const crashPoints = [
  'outbox.before-append',
  'outbox.after-append',
  'transaction.before-commit',
  'transaction.after-commit',
  'relay.before-sequence',
  'relay.within-sequence',
  'relay.after-sequence',
  'relay.before-publish',
  'relay.after-publish',
  'relay.after-published',
  'reader.before-transaction',
  'reader.within-transaction',
  'reader.after-transaction',
  'reader.before-failure-noted',
  'reader.after-failure-noted',
  'nats.before-publish',
  'nats.between-publishes',
  'nats.after-publish',
  'nats.before-deliver',
  'nats.before-acknowledge',
  'nats.after-acknowledge',
  'kafka.before-publish',
  'kafka.after-publish',
  'kafka.before-deliver',
  'kafka.before-commit',
  'kafka.after-commit',
  'timers.after-claim',
  'timers.within-complete',
  'timers.after-complete',
  'mail.before-send',
  'mail.after-send',
  'webhook.before-send',
  'webhook.after-send',
] as const
export type CrashPoint = (typeof crashPoints)[number]

let armed: { readonly name: string; passes: number } | null = null

/** Arms one: `relay.after-publish`, or `relay.after-publish:3` for the third time it is passed. Tests only. */
export function armCrashPoint(spelling: string): void {
  const [name = '', passes = '1'] = spelling.split(':')
  if (!crashPoints.some((known) => known === name)) throw new TypeError(`no crash point is called ${name}`)
  armed = { name, passes: Number(passes) }
}

/** Ends the process as if the power had gone, if a test has armed this place. */
export function crashPoint(name: CrashPoint): void {
  if (armed?.name !== name) return
  armed.passes -= 1
  if (armed.passes > 0) return
  process.kill(process.pid, 'SIGKILL')
  // The signal takes a moment; nothing may happen in it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
