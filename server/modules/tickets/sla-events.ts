import type { NewEvent } from '#platform/events/outbox'
import type { ClockRow } from './clock-queries.ts'
import type { Ticket } from './schemas.ts'
import type { Deadlines, Holiday, OpeningHours, SlaPolicy } from './sla-schemas.ts'

/** Each clock warns once and is breached once, in this order: those are its two versions. */
const VERSIONS = { warned: 1, breached: 2 } as const

type Told = {
  readonly ticket: Ticket
  readonly deadlines: Deadlines
  readonly clock: ClockRow
}

/**
 * The event carries the whole ticket as well: its clocks may have moved since the ticket told of them, with the hours
 * or a policy.
 */
export function clockEvent(what: keyof typeof VERSIONS, { ticket, deadlines, clock }: Told): NewEvent {
  return {
    type: `ticket.sla_${what}`,
    subject: `ticket_clock/${clock.id}`,
    recordVersion: VERSIONS[what],
    data: {
      ticket_id: ticket.id,
      ...ticket,
      ...deadlines,
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
