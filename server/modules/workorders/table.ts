import type { PeopleTables } from '#modules/people'
import type {
  HoldTable,
  ProductionEntryTable,
  ReportTable,
  WorkOrderChangeTable,
  WorkOrderCommentTable,
  WorkSessionTable,
} from './log-tables.ts'
import type {
  BillTable,
  DemandTable,
  MaterialTable,
  ScheduleTable,
  WorkOrderMaterialTable,
  WorkProductTable,
} from './planning-tables.ts'

export type WorkOrderTable = {
  id: string
  /** As in `WO-20261121-001`; the numbers of a business day have no gaps (W1). */
  number: string
  business_day: string
  /** `manual`, `demand` (for orders that wait), `schedule` or `rework`. */
  origin: string
  /** Null for what the shop does not sell. */
  product_id: string | null
  product_name: string
  /** What `q` searches in: number, product and notes, folded. */
  search_text: string
  quantity: number
  /** How many good ones more than `quantity` a manager allows (W5). */
  allowance: number
  status: string
  priority: string
  /** The responsible one of its operators. */
  operator_id: string | null
  planned_start_at: Date | null
  deadline_at: Date
  /** Set when its deadline passes while it is open. */
  overdue_at: Date | null
  /** When it should be finished, from its progress and holds; null once it is finished. */
  expected_at: Date | null
  started_at: Date | null
  /** When it was completed or cancelled. */
  finished_at: Date | null
  last_output_at: Date | null
  hold_reason: string | null
  hold_note: string | null
  held_at: Date | null
  /** Milliseconds of all holds that have ended since it was started. */
  held_ms: number
  /** What `held_ms` was at the last output. */
  output_held_ms: number
  cancel_reason: string | null
  notes: string | null
  /** The product while it is open and made for orders that wait; unique, so that there is one at most. */
  demand_key: string | null
  schedule_id: string | null
  /** The day of the schedule that it was made for; unique with it. */
  schedule_day: string | null
  /** The ticket that asked for it to be mended (rework); null for others. */
  ticket_id: string | null
  ticket_number: string | null
  /** The event that asked for it; unique, so that a request has one order. */
  request_id: string | null
  created_by: string | null
  version: number
  created_at: Date
  updated_at: Date
}

export type WorkOrderNumberTable = { business_day: string; last_number: number }

/** All who work on it, the responsible one among them. */
export type WorkOrderOperatorTable = { work_order_id: string; operator_id: string; assigned_at: Date }

/** A file of the ticket that an order mends something for; whoever reads work orders may read it. */
export type WorkOrderFileTable = { file_id: string; work_order_id: string }

/** With the copy of the users, to whom orders are assigned. */
export type WorkOrderTables = PeopleTables & {
  work_orders: WorkOrderTable
  work_order_numbers: WorkOrderNumberTable
  work_order_operators: WorkOrderOperatorTable
  work_order_changes: WorkOrderChangeTable
  work_order_holds: HoldTable
  work_order_comments: WorkOrderCommentTable
  work_order_files: WorkOrderFileTable
  work_order_reports: ReportTable
  production_entries: ProductionEntryTable
  work_sessions: WorkSessionTable
  work_products: WorkProductTable
  work_demands: DemandTable
  work_bills: BillTable
  work_materials: MaterialTable
  work_order_materials: WorkOrderMaterialTable
  work_schedules: ScheduleTable
}
