import { Type } from 'typebox'
import { type Audience, defineEventTypes } from '#platform/events/event-types'
import { Id } from '#platform/http/schemas'
import { Bill } from './bill-schemas.ts'
import { Comment } from './comment-schemas.ts'
import { entryKinds } from './lifecycle.ts'
import { ProgressReport } from './log-schemas.ts'
import { Schedule } from './schedule-schemas.ts'
import { StatusSchema, WorkOrder } from './schemas.ts'

/** What is told of an order by what belongs to it and does not change it. */
const named = { number: Type.String(), product_name: Type.String() }
const { ticket_id: ticketId, ticket_number: ticketNumber, ...orderFields } = WorkOrder.properties
/** What is in the log from before there were tickets has no word of them, and still concerns the same people. */
const whole = {
  ...orderFields,
  work_order_id: Id,
  ticket_id: Type.Optional(ticketId),
  ticket_number: Type.Optional(ticketNumber),
}

/** The shape of what the work orders announce, and whom it concerns: everybody who may read them. */
export const workOrderEventTypes = [
  ...defineEventTypes({
    types: ['work_order.created', 'work_order.updated', 'work_order.overdue'],
    data: Type.Object(whole),
    audience: readers,
  }),
  ...defineEventTypes({
    types: ['work_order.status_changed'],
    data: Type.Object({ ...whole, previous_status: StatusSchema }),
    audience: readers,
  }),
  ...defineEventTypes({
    types: ['work_order.output_logged'],
    data: Type.Object({
      ...whole,
      output: Type.Object({
        entry_id: Id,
        kind: Type.Enum([...entryKinds]),
        quantity: Type.Integer({ description: 'Below zero where an entry is taken back' }),
        materials: Type.Array(
          Type.Object({
            product_id: Id,
            quantity: Type.Integer({ description: 'Taken of it; below zero where it is given back' }),
          }),
        ),
      }),
    }),
    audience: readers,
  }),
  ...defineEventTypes({
    types: ['work_order.commented'],
    data: Type.Object({ ...Comment.properties, ...named }),
    audience: readers,
  }),
  ...defineEventTypes({
    types: ['work_order.progress_reported'],
    data: Type.Object({ ...ProgressReport.properties, ...named }),
    audience: readers,
  }),
  ...defineEventTypes({
    types: ['work_bill.updated', 'work_bill.deleted'],
    data: Bill,
    audience: readers,
  }),
  ...defineEventTypes({
    types: ['work_schedule.created', 'work_schedule.updated', 'work_schedule.deleted'],
    data: Schedule,
    audience: () => ({ permission: 'workorders:write' }),
  }),
]

function readers(): Audience {
  return { permission: 'workorders:read' }
}
