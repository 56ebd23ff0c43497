/** Every change of status, with what was reported with it (W6). */
export type WorkOrderChangeTable = {
  id: string
  work_order_id: string
  from_status: string | null
  to_status: string
  quantity: number
  scrap: number
  hold_reason: string | null
  note: string | null
  actor_id: string | null
  created_at: Date
}

export type HoldTable = {
  id: string
  work_order_id: string
  reason: string
  note: string | null
  started_by: string | null
  started_at: Date
  ended_at: Date | null
}

/** What was told of the progress of an order, in words (W6); its quantities are entries of the log. */
export type ReportTable = {
  id: string
  work_order_id: string
  note: string
  operator_id: string | null
  created_at: Date
}

/** The production log (W5): nothing in it is ever changed; what was wrong is reversed by another entry. */
export type ProductionEntryTable = {
  id: string
  work_order_id: string
  /** `good`, `scrap` or `rework`. */
  kind: string
  /** Below zero for a reversal. */
  quantity: number
  scrap_reason: string | null
  note: string | null
  /** The entry that it takes back; unique, so that each is taken back once. */
  reverses_id: string | null
  /** The report that it came with. */
  report_id: string | null
  /** Whose work it was; of a reversal the one whose entry it takes back, so that sums by operator stand. */
  operator_id: string | null
  /** Who wrote it down. */
  recorded_by: string | null
  business_day: string
  created_at: Date
}

export type WorkOrderCommentTable = {
  id: string
  work_order_id: string
  text: string | null
  /** The files of its photos, as a JSON array of ids; null for none. */
  file_ids: string | null
  author_id: string | null
  created_at: Date
}

/** A stretch of an operator's time at one order. */
export type WorkSessionTable = {
  id: string
  work_order_id: string
  operator_id: string
  started_at: Date
  ended_at: Date | null
  /** `paused` or `finished` by the operator, or `order_held`, `order_completed`, `order_cancelled`, `unassigned`. */
  end_cause: string | null
  /** `<operator>/<order>` while it runs; unique. */
  open_key: string | null
}
