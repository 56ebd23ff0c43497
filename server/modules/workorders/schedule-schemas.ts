import { type Static, Type } from 'typebox'
import { RecurrenceRule } from '#platform/http/recurrence'
import {
  BusinessDay,
  Count,
  Id,
  Line,
  Nullable,
  numberedPageQuery,
  PageOf,
  Prose,
  Quantity,
  Strict,
  Time,
  Version,
} from '#platform/http/schemas'
import { PrioritySchema } from './schemas.ts'

/** What each order of a schedule is. */
export const OrderTemplate = Type.Object({
  product_id: Nullable(Id),
  product_name: Type.String(),
  quantity: Type.Integer(),
  allowance: Type.Integer(),
  priority: PrioritySchema,
  operator_id: Nullable(Id),
  operator_ids: Type.Array(Id, { description: 'All who work on it, the responsible one included' }),
  notes: Nullable(Type.String()),
  lead_days: Type.Integer({ description: 'The deadline is the end of the day that is so many days later' }),
})

/** The last order that a schedule has raised. */
export const LastRaised = Type.Object({
  day: Type.String({ description: 'The business day for which it was raised' }),
  work_order_id: Id,
  without: Type.Object(
    { product_id: Nullable(Id), operator_ids: Type.Array(Id) },
    { description: 'What the schedule names and was gone by then, so that the order was raised without it' },
  ),
})

export const Schedule = Type.Object({
  id: Id,
  name: Type.String(),
  status: Type.Enum(['active', 'paused', 'ended'] as const),
  rule: RecurrenceRule,
  start: Type.String({ description: 'The business day from which on the rule counts' }),
  ...OrderTemplate.properties,
  next_days: Type.Array(Type.String(), {
    description: 'The next business days on which an order is raised, five at most',
  }),
  last_raised: Nullable(LastRaised),
  created_by: Nullable(Id),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const SchedulePage = PageOf(Schedule)
export const ScheduleQuery = Strict(numberedPageQuery)

const LeadDays = Type.Integer({
  minimum: 0,
  maximum: 3_650,
  description: 'The deadline is the end of the day that is so many days later; 0 is the same day',
})

const optional = {
  start: Type.Optional({
    ...BusinessDay,
    description:
      'The business day from which on the rule counts; today without it. Nothing is raised for the past',
  }),
  /** One of the two; a product of the shop gives its own name. */
  product_name: Type.Optional(Line(200)),
  product_id: Type.Optional(Nullable(Id)),
  allowance: Type.Optional(Count),
  priority: Type.Optional(PrioritySchema),
  operator_id: Type.Optional(Nullable(Id)),
  operator_ids: Type.Optional(Type.Array(Id, { maxItems: 100, uniqueItems: true })),
  notes: Type.Optional(Nullable(Prose(5_000))),
}

export const ScheduleBody = Strict({
  name: Line(200),
  rule: RecurrenceRule,
  quantity: Quantity,
  lead_days: LeadDays,
  ...optional,
})

/** A rule takes the place of the one before as a whole. */
export const ScheduleChange = Strict({
  name: Type.Optional(Line(200)),
  rule: Type.Optional(RecurrenceRule),
  quantity: Type.Optional(Quantity),
  lead_days: Type.Optional(LeadDays),
  ...optional,
})

export type OrderTemplate = Static<typeof OrderTemplate>
export type LastRaised = Static<typeof LastRaised>
export type Schedule = Static<typeof Schedule>
export type ScheduleBody = Static<typeof ScheduleBody>
export type ScheduleChange = Static<typeof ScheduleChange>
export type ScheduleQuery = Static<typeof ScheduleQuery>
