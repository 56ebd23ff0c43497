/** How long an answer and a solution may take, in business minutes; null of both names for all. */
export type SlaPolicyTable = {
  id: string
  name: string
  priority_id: number | null
  category_id: number | null
  /** `<priority>/<category>` with a star for all; unique. */
  policy_key: string
  first_response_minutes: number | null
  resolution_minutes: number | null
  /** At how many hundredths of the time a warning goes out. */
  warn_percent: number
  version: number
  created_at: Date
  updated_at: Date
}

/** One row: for each weekday from Monday on a list of `["08:00", "17:00"]`, as JSON. */
export type BusinessHoursTable = { id: string; hours: string; version: number; updated_at: Date }

/** `kind` is `national`, `joint_leave` or `own`. */
export type HolidayTable = { day: string; name: string; kind: string }

export type TicketClockTable = {
  ticket_id: string
  /** `first_response` or `resolution`. */
  kind: string
  policy_id: string | null
  target_minutes: number
  warn_percent: number
  started_at: Date
  /** Null while it is paused, and once it has stopped without a target left. */
  due_at: Date | null
  warned_at: Date | null
  breached_at: Date | null
  stopped_at: Date | null
  paused_at: Date | null
}
