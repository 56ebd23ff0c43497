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

/** One row; `hours` is JSON: for each weekday from Monday on a list of `{"from":"08:00","to":"12:00"}`. */
export type BusinessHoursTable = { id: string; hours: string; version: number; updated_at: Date }

/** `kind` is `national`, `joint_leave` or `own`. */
export type HolidayTable = { day: string; name: string; kind: string }

/** Each ticket has both, also where no policy sets a target: what was used is told in the reports all the same. */
export type TicketClockTable = {
  /** `<ticket>.<kind>`, which its events have as their subject. */
  id: string
  ticket_id: string
  /** `first_response` or `resolution`. */
  kind: string
  policy_id: string | null
  /** Null where no policy has one. */
  target_minutes: number | null
  warn_percent: number
  /** The day of the business zone on which the ticket came. */
  business_day: string
  started_at: Date
  /** Null without a target, and while it is paused or stopped before its time was used up. */
  due_at: Date | null
  warned_at: Date | null
  breached_at: Date | null
  stopped_at: Date | null
  paused_at: Date | null
  /** The business time that counted, in milliseconds, as it was measured when the clock stopped. */
  used_ms: number | null
}
