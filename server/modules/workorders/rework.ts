import type { Transaction } from 'kysely'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { addDays } from '#platform/business-days'
import { systemCall } from '#platform/call'
import { defineConsumer, type EventConsumer } from '#platform/events/consumer'
import { writeComment } from './comments.ts'
import { readDeadline } from './moments.ts'
import { type NewWorkOrder, openWorkOrder } from './open-work-order.ts'
import type { WorkOrderParts } from './parts.ts'
import { findProduct } from './queries.ts'
import { findRequestedOrder, insertFiles } from './rework-queries.ts'
import type { WorkOrderTables } from './table.ts'

/** Where the desk names no deadline. */
const DAYS_UNTIL_DEADLINE = 7

/** What is needed here of what the desk tells. */
const Request = Type.Object({
  ticket_id: Type.String(),
  number: Type.String({ maxLength: 40 }),
  rework: Type.Object({
    product_id: Type.Union([Type.String(), Type.Null()]),
    product_name: Type.Union([Type.String({ maxLength: 200 }), Type.Null()]),
    quantity: Type.Integer({ minimum: 1 }),
    deadline: Type.Union([Type.String(), Type.Null()]),
    notes: Type.Union([Type.String(), Type.Null()]),
    file_ids: Type.Array(Type.String()),
  }),
})
type Request = Static<typeof Request>
const told = Compile(Request)

/**
 * Opens an order for what the desk wants mended for a customer: one for each request, however often it is told of. The
 * files that the desk sends along become its first comment, and whoever reads work orders may read them.
 */
export function createReworkConsumer(parts: WorkOrderParts): EventConsumer {
  return defineConsumer<WorkOrderTables>({
    name: 'workorders.rework',
    types: ['ticket.rework_requested'],
    async handle({ id: requestId, data, actorid: authorId }, trx) {
      const request = told.Parse(data)
      if ((await findRequestedOrder(trx, requestId)) !== undefined) return
      const { ticket_id: ticketId, number: ticketNumber, rework } = request
      const order = await openWorkOrder(parts, trx, {
        call: systemCall,
        order: {
          ...(await productOf(trx, request)),
          ...termsOf(request),
          rework: { ticketId, ticketNumber, requestId },
        },
      })
      if (rework.file_ids.length === 0) return
      await insertFiles(trx, { workOrderId: order.id, fileIds: rework.file_ids })
      await writeComment(parts, trx, {
        call: systemCall,
        comment: {
          workOrderId: order.id,
          text: ticketNumber,
          fileIds: rework.file_ids,
          authorId: authorId ?? null,
        },
      })
    },
  })

  function termsOf({ rework: { quantity, notes, deadline } }: Request) {
    return {
      origin: 'rework' as const,
      quantity,
      allowance: 0,
      // Somebody waits who has paid.
      priority: 'high' as const,
      operatorId: null,
      operatorIds: [],
      plannedStartAt: null,
      deadlineAt: deadlineOf(deadline),
      notes,
    }
  }

  function deadlineOf(asked: string | null): Date {
    const time = new Date(asked ?? Number.NaN)
    if (!Number.isNaN(time.getTime())) return time
    const { businessDays, clock } = parts
    const day = addDays(businessDays.dayOf(clock.now()), DAYS_UNTIL_DEADLINE)
    return readDeadline(businessDays, { text: day, pointer: '/deadline' })
  }
}

/** The desk names products that it does not know itself; what is none of the shop's is called as the desk calls it. */
async function productOf(
  trx: Transaction<WorkOrderTables>,
  { number, rework: { product_id: id, product_name: name } }: Request,
): Promise<Pick<NewWorkOrder, 'productId' | 'productName'>> {
  const product = id === null ? undefined : await findProduct(trx, id)
  if (product === undefined) return { productId: null, productName: name ?? number }
  // What is no longer sold is still mended.
  return { productId: product.id, productName: product.name }
}
