import type { PeopleTables } from '#modules/people'
import type { PlatformTables } from '#platform/database/tables'

/** What other services have announced; our own events are in the log already. */
export type ForeignEventTable = {
  id: string
  /** The installation it comes from. */
  source: string
  position: number
  type: string
  subject: string
  record_version: number
  /** JSON */
  data: string
  actor_id: string | null
  occurred_at: Date
}

export type ActivityTables = PlatformTables & PeopleTables & { foreign_events: ForeignEventTable }
