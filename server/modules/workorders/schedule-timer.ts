import type { Transaction } from 'kysely'
import { addDays } from '#platform/business-days'
import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { toRecurrence } from '#platform/http/recurrence'
import { lastOnOrBefore } from '#platform/recurrence'
import type { TimerKind } from '#platform/timers/timer'
import { assignmentAfter, canWork, NOBODY } from './assignment.ts'
import { readDeadline } from './moments.ts'
import { type NewWorkOrder, openWorkOrder } from './open-work-order.ts'
import type { WorkOrderParts } from './parts.ts'
import { findProduct } from './queries.ts'
import { changeSchedule, RAISE } from './schedule-changes.ts'
import { lockSchedule } from './schedule-queries.ts'
import type { LastRaised, OrderTemplate } from './schedule-schemas.ts'
import { dayFrom } from './schedule-views.ts'
import type { WorkOrderTables } from './table.ts'

const call: Call<unknown> = systemCall

/**
 * Raises the orders of the schedules, each at the first moment of its business day. Where nobody was there to raise
 * them (the server stood still), only that of the latest day is raised: whoever has missed five mornings wants what is
 * made every morning once, not five times, and the deadlines of the others have passed or will be met by the next.
 *
 * The schedule's row decides: who deletes or pauses it, or gives it other days, has changed its next day. That and the
 * unique key of the order's schedule and day are why a day has one order, however many sweeps there are.
 */
export function createScheduleTimer(parts: WorkOrderParts): TimerKind {
  const { db, clock, businessDays } = parts
  return {
    kind: RAISE,
    async handle({ subject }, complete) {
      // Not within `complete`, which locks the timer before the schedule: everybody else locks the schedule first.
      const next = await transaction(db, call, async (trx) => await raise(trx, subject))
      await complete(async () => (next === null ? undefined : { again: businessDays.startOf(next) }))
    },
  }

  /** Answers the day on which to come back. */
  async function raise(trx: Transaction<WorkOrderTables>, id: string): Promise<string | null> {
    const row = await lockSchedule(trx, id)
    if (row === undefined || row.next_day === null) return null
    const today = businessDays.dayOf(clock.now())
    if (row.next_day > today) return row.next_day
    const day = lastOnOrBefore(toRecurrence(row.rule, row.start_day), today) ?? row.next_day
    const { order, without } = await whatIsThere(trx, row.template)
    const opened = await openWorkOrder(parts, trx, {
      call: systemCall,
      order: {
        ...order,
        origin: 'schedule',
        plannedStartAt: businessDays.startOf(day),
        deadlineAt: readDeadline(businessDays, {
          text: addDays(day, row.template.lead_days),
          pointer: '/lead_days',
        }),
        schedule: { id, day },
      },
    })
    const next = dayFrom(row, addDays(day, 1))
    const change = { next_day: next, last_raised: { day, work_order_id: opened.id, without } }
    await changeSchedule(parts, trx, { call: systemCall, row, change })
    return next
  }
}

type Named = Omit<NewWorkOrder, 'origin' | 'plannedStartAt' | 'deadlineAt' | 'demandKey' | 'schedule'>
type Found = { readonly order: Named; readonly without: LastRaised['without'] }

/**
 * An order is raised without what is gone by then, and the schedule tells what that was: a product that the shop has
 * removed leaves its name, operators who cannot work any more leave the rest, of whom the first is responsible.
 */
async function whatIsThere(trx: Transaction<WorkOrderTables>, template: OrderTemplate): Promise<Found> {
  const { product_id: productId, operator_id: operatorId, operator_ids: operatorIds } = template
  const product = productId === null ? undefined : await findProduct(trx, productId)
  const isSold = product !== undefined && product.deleted_at === null
  const present: string[] = []
  for (const id of operatorIds) if (await canWork(trx, id)) present.push(id)
  const isLed = operatorId === null || present.includes(operatorId)
  return {
    order: {
      productId: isSold ? product.id : null,
      productName: product?.name ?? template.product_name,
      quantity: template.quantity,
      allowance: template.allowance,
      priority: template.priority,
      ...assignmentAfter(NOBODY, {
        operator_ids: present,
        ...(isLed ? { operator_id: operatorId } : {}),
      }),
      notes: template.notes,
    },
    without: {
      product_id: isSold ? null : productId,
      operator_ids: operatorIds.filter((id) => !present.includes(id)),
    },
  }
}
