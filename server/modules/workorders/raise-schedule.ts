import type { Transaction } from 'kysely'
import { addDays } from '#platform/business-days'
import { systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { TimerKind } from '#platform/timers/timer'
import { canWork } from './assignment.ts'
import { scheduleEvent } from './events.ts'
import { readDeadline } from './moments.ts'
import { openWorkOrder } from './open-work-order.ts'
import type { WorkOrderParts } from './parts.ts'
import { findProduct } from './queries.ts'
import { dayToRaise, nextDay } from './schedule-days.ts'
import { findSchedule, lockSchedule, type ScheduleRow, updateSchedule } from './schedule-queries.ts'
import { keepScheduleTimer, RAISE } from './schedule-timer.ts'
import { toSchedule } from './schedule-views.ts'
import type { WorkOrderTables } from './table.ts'

/**
 * Raises the orders of schedules, each when its business day begins. After downtime only the order of the latest day
 * that was missed is raised, not those of all: what is not made on its day is not wanted several times the day after.
 * There is one order a day at most: the row of the schedule says which day is next, and the unique key of the orders
 * has the last word. A schedule of a product that is gone pauses itself.
 */
export function createScheduleRaiser(parts: WorkOrderParts): TimerKind {
  const { db, clock, outbox, businessDays } = parts
  return {
    kind: RAISE,
    async handle({ subject }, complete) {
      // Not within `complete`, which locks the timer before the schedule: everybody else locks the schedule first.
      await transaction(db, systemCall, async (trx) => {
        const row = await lockSchedule(trx, subject)
        const today = businessDays.dayOf(clock.now())
        if (row === undefined || row.next_day === null || row.next_day > today) return
        await raise(trx, row, { today, day: dayToRaise(row.rule, { today, dueDay: row.next_day }) })
      })
      // Where nothing was raised, as the days are counted in another zone by now, it waits for its day.
      await complete(async (trx) => {
        const row = await findSchedule(trx.withTables<WorkOrderTables>(), subject)
        const day = row?.next_day ?? null
        return day === null ? undefined : { again: businessDays.startOf(day) }
      })
    },
  }

  async function raise(
    trx: Transaction<WorkOrderTables>,
    row: ScheduleRow,
    { today, day }: { readonly today: string; readonly day: string },
  ): Promise<void> {
    const { template } = row
    const product = template.product_id === null ? undefined : await findProduct(trx, template.product_id)
    if (product !== undefined && product.deleted_at !== null) {
      await advance(trx, { ...row, paused_at: clock.now(), next_day: null })
      return
    }
    const operatorIds: string[] = []
    for (const id of template.operator_ids) if (await canWork(trx, id)) operatorIds.push(id)
    const responsible = template.operator_id
    await openWorkOrder(parts, trx, {
      call: systemCall,
      order: {
        origin: 'schedule',
        productId: template.product_id,
        productName: product?.name ?? template.product_name,
        quantity: template.quantity,
        allowance: template.allowance,
        priority: template.priority,
        operatorId:
          responsible !== null && operatorIds.includes(responsible) ? responsible : (operatorIds[0] ?? null),
        operatorIds,
        plannedStartAt: businessDays.startOf(day),
        deadlineAt: readDeadline(businessDays, {
          text: addDays(day, template.lead_days),
          pointer: '/lead_days',
        }),
        notes: template.notes,
        schedule: { id: row.id, day },
      },
    })
    await advance(trx, { ...row, next_day: nextDay(row.rule, { today, lastRaised: today }) })
  }

  async function advance(trx: Transaction<WorkOrderTables>, row: ScheduleRow): Promise<void> {
    const after = { ...row, version: row.version + 1, updated_at: clock.now() }
    await updateSchedule(trx, after)
    await outbox.append(trx, systemCall, scheduleEvent('updated', toSchedule(after)))
    await keepScheduleTimer(parts, trx, after)
  }
}
