import type { PlatformTables } from '#platform/database/tables'

export type TaskTable = {
  id: string
  owner_id: string
  assignee_id: string | null
  title: string
  description: string | null
  /** Title, description and labels, folded. */
  search_text: string
  status: string
  /** What was set by hand; null while it follows the checklist. */
  progress: number | null
  /** From 1 (low) to 4 (urgent). */
  priority: number
  due_at: Date | null
  /** `due_at`, or the end of all days: what the list is sorted by. */
  sort_due_at: Date
  expires_at: Date | null
  /** `mark`, `archive` or `delete`. */
  on_expire: string
  /** As it was asked for; null for what is usual. */
  warn_before_seconds: number | null
  /** When the warning goes out; null once it has. */
  warn_at: Date | null
  /** JSON: `[{ id, text, done }]`. */
  checklist: string
  /** JSON: `[{ id, at, before_due_seconds, sent }]`. */
  reminders: string
  /** JSON: a rule as it goes over the wire. */
  recurrence: string | null
  /** `due` or `completion`. */
  repeat_from: string | null
  /** The business day from which the rule counts, as in `2026-11-21`. */
  repeat_start: string | null
  /** What the clocks of the business show when it is due, as in `09:30:00.000`: of each that repeats it. */
  repeat_time: string | null
  /** The first task of those that repeat each other. */
  series_id: string | null
  /** The how-manieth of them, from 1 on. */
  occurrence: number
  /** The record that the task is about: `order`, `work_order`, `ticket` or `product`. */
  record_kind: string | null
  record_id: string | null
  record_label: string | null
  /** `due_at` or `expires_at`, whichever follows the deadline of the record. */
  record_inherits: string | null
  /** The state of the record with which the task is done. */
  record_closes_on: string | null
  /** Who named the record, where they see only those of its kind that are theirs. */
  record_viewer_id: string | null
  started_at: Date | null
  completed_at: Date | null
  expired_at: Date | null
  archived_at: Date | null
  version: number
  created_at: Date
  updated_at: Date
}

export type TaskLabelTable = { task_id: string; label: string }
/** The first cannot be done before the second, which may have been removed. */
export type TaskBlockerTable = { task_id: string; blocked_by_id: string }

/** One row, which is locked by whoever says what waits for what. */
export type TaskOrderTable = { id: string }

export type TaskCommentTable = {
  id: string
  task_id: string
  text: string
  /** A JSON array of file ids; null for none. */
  file_ids: string | null
  author_id: string
  author_name: string
  created_at: Date
}

/** A question to the list that somebody asks often. */
export type TaskFilterTable = {
  id: string
  owner_id: string
  name: string
  name_key: string
  /** JSON: the parameters of the list. */
  query: string
  version: number
  created_at: Date
  updated_at: Date
}

/** The copy of a record of another module, as its events tell of it. */
export type TaskRecordTable = {
  id: string
  kind: string
  /** Empty until an event has told of it. */
  label: string
  state: string | null
  due_at: Date | null
  /** A JSON array of the users, besides staff, who may see it; `*` for everybody. */
  viewer_ids: string
  /** 0 until an event has told of it. */
  version: number
  updated_at: Date
}

/** The secret address under which somebody's calendar may be read; only its hash is kept. */
export type TaskFeedTable = { user_id: string; secret_hash: string; created_at: Date }

export type TaskTables = PlatformTables & {
  tasks: TaskTable
  task_labels: TaskLabelTable
  task_blockers: TaskBlockerTable
  task_order: TaskOrderTable
  task_comments: TaskCommentTable
  task_filters: TaskFilterTable
  task_records: TaskRecordTable
  task_feeds: TaskFeedTable
}
