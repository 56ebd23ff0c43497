import type { NewEvent } from '#platform/events/outbox'
import type { ClockRow } from './clock-queries.ts'
import type { TicketRow } from './queries.ts'
import type { Holiday, OpeningHours, SlaPolicy } from './sla-schemas.ts'

/** Each clock warns once and is breached once, in this order: those are its two versions. */
const VERSIONS = { warned: 1, breached: 2 } as const

export function clockEvent(what: keyof typeof VERSIONS, ticket: TicketRow, clock: ClockRow): NewEvent {
  return {
    type: `ticket.sla_${what}`,
    subject: `ticket_clock/${clock.id}`,
    recordVersion: VERSIONS[what],
    data: {
      ticket_id: ticket.id,
      number: ticket.number,
      title: ticket.title,
      priority_id: ticket.priority_id,
      category_id: ticket.category_id,
      assignee_id: ticket.assignee_id,
      group_id: ticket.group_id,
      clock: clock.kind,
      policy_id: clock.policy_id,
      target_minutes: clock.target_minutes,
      due_at: clock.due_at?.toISOString() ?? null,
    },
  }
}

export function policyEvent(what: 'created' | 'updated' | 'deleted', policy: SlaPolicy): NewEvent {
  return {
    type: `sla_policy.${what}`,
    subject: `sla_policy/${policy.id}`,
    recordVersion: policy.version,
    data: { policy_id: policy.id, ...policy },
  }
}

type CalendarChange =
  | { readonly what: 'hours_changed'; readonly hours: OpeningHours['hours'] }
  | { readonly what: 'holiday_set' | 'holiday_removed'; readonly holiday: Holiday }

/** The hours and the holidays are one record: the calendar. */
export function calendarEvent(
  { id, version }: { readonly id: string; readonly version: number },
  { what, ...change }: CalendarChange,
): NewEvent {
  return {
    type: `business_calendar.${what}`,
    subject: `business_calendar/${id}`,
    recordVersion: version,
    data: { ...change, version },
  }
}
