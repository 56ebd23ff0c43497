import type { PlatformTables } from '#platform/database/tables'

/** The copy of a record that somebody has to see to, as its events tell of it. */
export type WorkItemTable = {
  /** The record's. */
  id: string
  /** `task`, `ticket`, `work_order`, `order` or `payment`. */
  kind: string
  number: string | null
  title: string
  status: string
  priority: string | null
  /** The real deadline: whichever of its times comes first. */
  due_at: Date | null
  /** `due_at`, or the end of all days. */
  sort_due_at: Date
  /** Whoever has it may see to the record; null where only some people may. */
  permission: string | null
  /** Since when nobody has to do anything about it. */
  closed_at: Date | null
  version: number
  updated_at: Date
}

/** Who has to see to it. */
export type WorkItemPersonTable = { item_id: string; user_id: string }

export type MyWorkTables = PlatformTables & {
  work_items: WorkItemTable
  work_item_people: WorkItemPersonTable
}
