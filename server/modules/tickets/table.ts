import type { PlatformTables } from '#platform/database/tables'
import type { BusinessHoursTable, HolidayTable, SlaPolicyTable, TicketClockTable } from './clock-tables.ts'
import type { InvgateDeliveryTable, InvgateStateTable, InvgateUserTable } from './invgate-tables.ts'

export type TicketTable = {
  id: string
  /** As in `TCK-000042`, without gaps. */
  number: string
  /** The incident at InvGate, as text: some instances answer numbers, some strings. */
  invgate_id: string | null
  /** What our text at InvGate carries, by which an uncertain create is found again (D5). */
  reference: string
  title: string
  description: string
  /** Number, title, description and creator, folded. */
  search_text: string
  /** The catalogue ids of InvGate; without InvGate they are ours, the same ones. */
  source_id: number | null
  category_id: number | null
  type_id: number | null
  priority_id: number
  status: string
  /** `customer`, `vendor`, `agent` or `date` while it is pending. */
  pending_reason: string | null
  pending_until_at: Date | null
  creator_id: string
  creator_email: string
  creator_email_key: string
  customer_id: string
  assignee_id: string | null
  group_id: string | null
  solution: string | null
  /** Words for a solution that finished rework has proposed; an agent takes them over or not. */
  proposed_solution: string | null
  merged_into_id: string | null
  rating: number | null
  rating_comment: string | null
  /** The first public reply of the desk. */
  responded_at: Date | null
  solved_at: Date | null
  closed_at: Date | null
  /** `local`, `pending`, `synced`, `uncertain` or `failed`. */
  sync_state: string
  sync_attempts: number
  sync_error: string | null
  /** Where the incident last stood at InvGate, in the words of `seen-status.ts`; null while whatever it says is taken. */
  invgate_status: string | null
  /** The time of the last change there that we know of; InvGate's clock, which counts seconds. */
  invgate_updated_at: Date | null
  /** When one of these two last became known here; what was asked before that is old. */
  invgate_seen_at: Date | null
  /** When the talk there was last asked for. */
  invgate_read_at: Date | null
  version: number
  created_at: Date
  updated_at: Date
}

export type TicketNumberTable = { id: string; last_number: number }

/** A `reply` and a `solution` are for the customer as well, a `note` never. */
export type TicketMessageTable = {
  id: string
  ticket_id: string
  kind: string
  text: string
  /** A JSON array of file ids; null for none. */
  file_ids: string | null
  author_id: string | null
  author_name: string
  invgate_id: string | null
  /** `<incident>/<comment>` at InvGate; unique, so that none is taken in twice. */
  invgate_key: string | null
  created_at: Date
}

/** One stretch of a ticket's life in one state; the last one has no end. */
export type TicketSpanTable = {
  id: string
  ticket_id: string
  status: string
  pending_reason: string | null
  started_at: Date
  ended_at: Date | null
  actor_id: string | null
}

export type TicketGroupTable = {
  id: string
  name: string
  name_key: string
  version: number
  created_at: Date
  updated_at: Date
}
export type TicketGroupMemberTable = { group_id: string; user_id: string }
export type TicketWatcherTable = { ticket_id: string; user_id: string }
export type TicketTagTable = { ticket_id: string; tag: string }
/** `relation` is `about`; `rework` for a work order that was raised to mend it; `merged` for a ticket that goes on in it. */
export type TicketLinkTable = {
  id: string
  ticket_id: string
  /** `order`, `work_order`, `product` or `ticket`. */
  kind: string
  record_id: string
  label: string | null
  relation: string
  created_by: string | null
  created_at: Date
}
export type CannedReplyTable = {
  id: string
  name: string
  text: string
  created_by: string | null
  version: number
  created_at: Date
  updated_at: Date
}

export type TicketTables = PlatformTables & {
  tickets: TicketTable
  ticket_numbers: TicketNumberTable
  ticket_messages: TicketMessageTable
  ticket_spans: TicketSpanTable
  ticket_groups: TicketGroupTable
  ticket_group_members: TicketGroupMemberTable
  ticket_watchers: TicketWatcherTable
  ticket_tags: TicketTagTable
  ticket_links: TicketLinkTable
  canned_replies: CannedReplyTable
  sla_policies: SlaPolicyTable
  business_hours: BusinessHoursTable
  holidays: HolidayTable
  ticket_clocks: TicketClockTable
  invgate_deliveries: InvgateDeliveryTable
  invgate_users: InvgateUserTable
  invgate_state: InvgateStateTable
}
