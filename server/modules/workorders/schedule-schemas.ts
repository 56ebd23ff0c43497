import { type Static, Type } from 'typebox'
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
import { weekdays } from '#platform/recurrence'
import { PrioritySchema } from './schemas.ts'

/** On which days it raises an order; see `Recurrence`. */
export const ScheduleRule = Strict({
  frequency: Type.Enum(['daily', 'weekly', 'monthly']),
  interval: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 366, description: 'Every so many; 1 without it' }),
  ),
  start: BusinessDay,
  weekdays: Type.Optional(
    Type.Array(Type.Enum([...weekdays]), {
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
      description: 'Weekly: on these; on the weekday of the start without it',
    }),
  ),
  day: Type.Optional(
    Type.Union([Type.Integer({ minimum: 1, maximum: 31 }), Type.Literal('last')], {
      description: 'Monthly: on it, or the last day of a shorter month; on that of the start without it',
    }),
  ),
  until: Type.Optional(BusinessDay),
  count: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000,
      description: 'Days of the rule in all, those missed included',
    }),
  ),
})

/** What each of its orders is. */
const template = {
  product_id: Type.Optional(Nullable(Id)),
  product_name: Type.Optional(Line(200)),
  quantity: Quantity,
  allowance: Type.Optional(Count),
  priority: Type.Optional(PrioritySchema),
  operator_id: Type.Optional(Nullable(Id)),
  operator_ids: Type.Optional(Type.Array(Id, { maxItems: 100, uniqueItems: true })),
  notes: Type.Optional(Nullable(Prose(5_000))),
  lead_days: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 3_650,
      description: 'Until the day at whose end it is due; 0 without it',
    }),
  ),
}
export const ScheduleBody = Strict({ name: Line(200), rule: ScheduleRule, ...template })
export const ScheduleChange = Strict(
  {
    ...template,
    name: Type.Optional(Line(200)),
    rule: Type.Optional(ScheduleRule),
    quantity: Type.Optional(Quantity),
  },
  { minProperties: 1, description: 'Changes the fields that it names' },
)

/** As it is kept: what each order is, in full. */
export const ScheduleTemplate = Type.Object({
  product_id: Nullable(Id),
  product_name: Type.String(),
  quantity: Type.Integer(),
  allowance: Type.Integer(),
  priority: PrioritySchema,
  operator_id: Nullable(Id),
  operator_ids: Type.Array(Id),
  notes: Nullable(Type.String()),
  lead_days: Type.Integer(),
})
export const Schedule = Type.Object({
  id: Id,
  name: Type.String(),
  rule: ScheduleRule,
  ...ScheduleTemplate.properties,
  next_day: Nullable({
    ...BusinessDay,
    description: 'On which it raises the next order; null when it does not',
  }),
  paused: Type.Boolean(),
  created_by: Nullable(Id),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const SchedulePage = PageOf(Schedule)
export const ScheduleQuery = Strict(numberedPageQuery)

export type ScheduleRule = Static<typeof ScheduleRule>
export type ScheduleTemplate = Static<typeof ScheduleTemplate>
export type ScheduleBody = Static<typeof ScheduleBody>
export type ScheduleChange = Static<typeof ScheduleChange>
export type Schedule = Static<typeof Schedule>
export type ScheduleQuery = Static<typeof ScheduleQuery>
