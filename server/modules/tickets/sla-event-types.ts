import { Type } from 'typebox'
import { defineEventTypes } from '#platform/events/event-types'
import { Id, Nullable, Time, Version } from '#platform/http/schemas'
import { clockKinds } from './clock-rules.ts'
import { Holiday, OpeningHours, SlaPolicy, ToldTicket } from './sla-schemas.ts'

/** Targets, hours and whether they are kept are the desk's own affair; the customer reads theirs at the ticket. */
const desk = () => ({ permission: 'tickets:read_any' })

export const slaEventTypes = [
  ...defineEventTypes({
    types: ['ticket.sla_warned', 'ticket.sla_breached'],
    data: Type.Object({
      ...ToldTicket.properties,
      clock: Type.Enum([...clockKinds]),
      policy_id: Nullable(Id),
      target_minutes: Nullable(Type.Integer()),
      due_at: Nullable(Time),
    }),
    audience: desk,
  }),
  ...defineEventTypes({
    types: ['sla_policy.created', 'sla_policy.updated', 'sla_policy.deleted'],
    data: Type.Object({ ...SlaPolicy.properties, policy_id: Id }),
    audience: desk,
  }),
  ...defineEventTypes({
    types: ['business_calendar.hours_changed'],
    data: Type.Object({ hours: OpeningHours.properties.hours, version: Version }),
    audience: desk,
  }),
  ...defineEventTypes({
    types: ['business_calendar.holiday_set', 'business_calendar.holiday_removed'],
    data: Type.Object({ holiday: Holiday, version: Version }),
    audience: desk,
  }),
]
