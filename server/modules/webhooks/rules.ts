/** When things are tried again, and what a webhook hears of; no I/O. */

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** So long a delivery is tried, and a webhook may fail without a success before it is disabled. */
const TRIED_FOR_MS = DAY_MS
/** After the first failure, the second, and so on; hourly after the last. */
const PAUSES_MS = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS]
/** An event may be stamped by a machine whose clock is a little behind that of the one that made the webhook. */
const CLOCKS_DIFFER_MS = 5 * SECOND_MS

/** The events of webhooks themselves would be answered by more of them. */
const NEVER_SENT = 'webhook.'

/** A random number from 0 up to 1. */
export type Chance = () => number

/** When a delivery is tried again after so many failures, a tenth earlier or later by chance. */
export function nextAttemptAt(now: Date, attempts: number, chance: Chance): Date {
  const pauseMs = PAUSES_MS[Math.min(attempts, PAUSES_MS.length) - 1] ?? HOUR_MS
  return new Date(now.getTime() + pauseMs * (0.9 + chance() * 0.2))
}

/**
 * Until when a webhook that has failed is left alone: half as long as it has failed, between five seconds and an
 * hour. Whatever waits for it meanwhile is not tried one by one at a receiver that is known to be down.
 */
export function pausedUntil(now: Date, failingSince: Date): Date {
  const halfMs = (now.getTime() - failingSince.getTime()) / 2
  return new Date(now.getTime() + Math.min(Math.max(halfMs, 5 * SECOND_MS), HOUR_MS))
}

/** When what had to wait for the end of a pause is looked at: not all of it in the same moment. */
export function afterPause(now: Date, until: Date, chance: Chance): Date {
  const leftMs = Math.max(until.getTime() - now.getTime(), 0)
  return new Date(until.getTime() + chance() * (leftMs / 10 + SECOND_MS))
}

export function isOver(begun: Date, now: Date): boolean {
  return now.getTime() - begun.getTime() >= TRIED_FOR_MS
}

/** Whether a webhook made at `createdAt` is told of an event; not of what happened before there was one. */
export function isMeant(
  webhook: { readonly eventTypes: readonly string[]; readonly createdAt: Date },
  event: { readonly type: string; readonly time: string },
): boolean {
  if (event.type.startsWith(NEVER_SENT)) return false
  if (Date.parse(event.time) < webhook.createdAt.getTime() - CLOCKS_DIFFER_MS) return false
  return webhook.eventTypes.some((wanted) =>
    wanted.endsWith('*') ? event.type.startsWith(wanted.slice(0, -1)) : wanted === event.type,
  )
}

export function isNeverSent(wanted: string): boolean {
  return wanted.startsWith(NEVER_SENT)
}
