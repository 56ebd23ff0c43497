import type { Kysely } from 'kysely'
import type { BusinessDays } from '#platform/business-days'
import type { Clock } from '#platform/clock'
import type { Outbox } from '#platform/events/outbox'
import type { Files } from '#platform/files/files'
import type { Ids } from '#platform/id'
import type { Language } from '#platform/language'
import type { Timers } from '#platform/timers/timer'
import type { TaskTables } from './table.ts'

/** What the use cases of the module have in common. */
export type TaskParts = {
  readonly db: Kysely<TaskTables>
  readonly clock: Clock
  readonly ids: Ids
  readonly outbox: Outbox
  readonly timers: Timers
  readonly files: Files
  readonly businessDays: BusinessDays
  /** Of those who have not said which they read. */
  readonly defaultLanguage: Language
}

/** The same at one moment, so that all times of one change fit together to the millisecond. */
export function atOneMoment<Parts extends Pick<TaskParts, 'clock'>>(parts: Parts): Parts {
  const now = parts.clock.now()
  return { ...parts, clock: { now: () => now } }
}
