import type { EventEnvelope } from '#platform/events/envelope'

const OLD_NEWS_AFTER_MS = 7 * 24 * 60 * 60 * 1_000

/** A log that is read for the first time tells of things that everybody has forgotten. */
export function isOldNews({ time }: Pick<EventEnvelope, 'time'>, now: Date): boolean {
  return now.getTime() - Date.parse(time) > OLD_NEWS_AFTER_MS
}
