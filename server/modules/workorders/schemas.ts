import { type Static, Type } from 'typebox'
import { Id, Nullable, PageOf, Time, Version } from '#platform/http/schemas'
import { holdReasons, origins, priorities, workOrderStatuses } from './lifecycle.ts'

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
  created_by: Nullable(Id),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const WorkOrderPage = PageOf(WorkOrder)
export type WorkOrder = Static<typeof WorkOrder>
