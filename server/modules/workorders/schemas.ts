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
import { holdReasons, origins, priorities, scrapReasons, workOrderStatuses } from './lifecycle.ts'

export const StatusSchema = Type.Enum([...workOrderStatuses])
export const PrioritySchema = Type.Enum([...priorities])
export const HoldReasonSchema = Type.Enum([...holdReasons])

/** A work order as everybody sees it. What was made is the sum of its production log, always (W5). */
export const WorkOrder = Type.Object({
  id: Id,
  number: Type.String(),
  origin: Type.Enum([...origins]),
  product_id: Nullable(Id),
  product_name: Type.String(),
  quantity: Type.Integer(),
  allowance: Type.Integer({ description: 'How many good ones more than `quantity` may be made' }),
  produced: Type.Integer({ description: 'Good ones, of all time' }),
  scrap: Type.Integer(),
  rework: Type.Integer(),
  remaining: Type.Integer({ description: 'Good ones still to be made, never below zero' }),
  progress: Type.Integer({
    description: 'Good ones in hundredths of `quantity`, at most 100',
    minimum: 0,
    maximum: 100,
  }),
  status: StatusSchema,
  priority: PrioritySchema,
  operator_id: Nullable(Id),
  operator_ids: Type.Array(Id, { description: 'All who work on it, the responsible one first' }),
  planned_start: Nullable(Time),
  deadline: Time,
  overdue: Type.Boolean({ description: 'Its deadline has passed while it was open' }),
  expected_at: Nullable(Time),
  started_at: Nullable(Time),
  finished_at: Nullable(Time),
  hold: Nullable(Type.Object({ reason: HoldReasonSchema, note: Nullable(Type.String()), since: Time })),
  cancel_reason: Nullable(Type.String()),
  notes: Nullable(Type.String()),
  schedule_id: Nullable(Id),
  ticket_id: Nullable(Id),
  ticket_number: Nullable(Type.String({ description: 'Of the ticket whose customer gets it back mended' })),
  created_by: Nullable(Id),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const WorkOrderPage = PageOf(WorkOrder)
export type WorkOrder = Static<typeof WorkOrder>

/** A moment, or a day of the business zone. */
const Moment = Type.Union([Type.String({ format: 'date-time', pattern: '^(?:19|20)' }), BusinessDay], {
  description: 'ISO 8601; a day without a time of day means all of it',
})
const Operators = Type.Array(Id, { maxItems: 100, uniqueItems: true })

const optional = {
  operator_id: Type.Optional(Nullable(Id)),
  operator_ids: Type.Optional(Operators),
  priority: Type.Optional(PrioritySchema),
  planned_start: Type.Optional(Nullable(Moment)),
  notes: Type.Optional(Nullable(Prose(5_000))),
  allowance: Type.Optional(Count),
}

/** One of `product_name` and `product_id`; a product of the shop gives its own name. */
export const WorkOrderBody = Strict({
  product_name: Type.Optional(Line(200)),
  product_id: Type.Optional(Nullable(Id)),
  quantity: Quantity,
  deadline: Moment,
  ...optional,
})

const holdReason = Type.Optional(
  Nullable(Type.Enum([...holdReasons], { description: 'Of a hold; `other` where nothing is said' })),
)
const note = Type.Optional(Nullable(Prose(1_000)))

/** `quantity` is what was ordered here, so that nothing can be reported with a change of status. */
export const WorkOrderChange = Strict({
  product_name: Type.Optional(Line(200)),
  product_id: Type.Optional(Nullable(Id)),
  quantity: Type.Optional(Quantity),
  deadline: Type.Optional(Moment),
  ...optional,
  status: Type.Optional(StatusSchema),
  hold_reason: holdReason,
  note,
})

/** What is reported with it goes into the production log. */
export const StatusBody = Strict({
  status: StatusSchema,
  quantity: Type.Optional(Nullable(Count)),
  scrap: Type.Optional(Nullable(Count)),
  scrap_reason: Type.Optional(
    Nullable(Type.Enum([...scrapReasons], { description: '`other` where nothing is said' })),
  ),
  hold_reason: holdReason,
  note,
})

export const workOrderSorts = ['created_at', '-created_at', 'deadline', '-deadline'] as const

const filters = {
  ...numberedPageQuery,
  status: Type.Optional(StatusSchema),
  date_from: Type.Optional(BusinessDay),
  date_to: Type.Optional(BusinessDay),
  date_field: Type.Optional(
    Type.Enum(['deadline', 'created_at'], { description: 'What the days are of; the deadline without it' }),
  ),
  q: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  priority: Type.Optional(PrioritySchema),
  overdue: Type.Optional(Type.Boolean()),
  product_id: Type.Optional(Id),
  sort: Type.Optional(Type.Enum([...workOrderSorts])),
}
export const WorkOrderQuery = Strict({ ...filters, operator_id: Type.Optional(Id) })
export const AssignedQuery = Strict(filters)

export type WorkOrderBody = Static<typeof WorkOrderBody>
export type WorkOrderChange = Static<typeof WorkOrderChange>
export type StatusBody = Static<typeof StatusBody>
export type WorkOrderQuery = Static<typeof WorkOrderQuery>
