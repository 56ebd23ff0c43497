import type { Transaction } from 'kysely'
import { addDays } from '#platform/business-days'
import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { checkRecurrence } from '#platform/http/recurrence'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { refuse } from './errors.ts'
import { scheduleEvent } from './events.ts'
import type { WorkOrderParts } from './parts.ts'
import { changeSchedule, keepRaising } from './schedule-changes.ts'
import { describedAnew, templateOf } from './schedule-details.ts'
import {
  findSchedule,
  insertSchedule,
  listSchedules,
  lockSchedule,
  type ScheduleRow,
} from './schedule-queries.ts'
import type { Schedule, ScheduleBody, ScheduleChange, ScheduleQuery } from './schedule-schemas.ts'
import { dayFrom, toSchedule } from './schedule-views.ts'
import type { WorkOrderTables } from './table.ts'

export type Schedules = ReturnType<typeof createSchedules>

/** What raises work orders again and again, on the business days of a rule. */
export function createSchedules(parts: WorkOrderParts) {
  const { db, clock, ids, outbox, businessDays } = parts
  return {
    async createSchedule(call: Call<Schedule>, body: ScheduleBody): Promise<Schedule> {
      return await transaction(db, call, async (trx) => {
        const now = clock.now()
        const today = businessDays.dayOf(now)
        const described = {
          name: body.name.trim(),
          rule: body.rule,
          start_day: body.start ?? today,
          template: await templateOf(trx, body),
        }
        checkRecurrence({ rule: body.rule, start: described.start_day, pointer: '/rule' })
        const row: ScheduleRow = {
          id: ids.next(),
          ...described,
          next_day: dayFrom(described, today),
          last_raised: null,
          paused_at: null,
          deleted_at: null,
          created_by: call.actor?.userId ?? null,
          version: 1,
          created_at: now,
          updated_at: now,
        }
        await insertSchedule(trx, row)
        const schedule = toSchedule(row)
        await outbox.append(trx, call, scheduleEvent('created', schedule))
        await keepRaising(parts, trx, row)
        return schedule
      })
    },

    async getSchedule(id: string): Promise<Schedule> {
      const row = await findSchedule(db, id)
      if (row === undefined) throw refuse('schedule_not_found')
      return toSchedule(row)
    },

    async listSchedules(query: ScheduleQuery) {
      return presentPage(await listSchedules(db, toPageRequest(query)), toSchedule)
    },

    /** What is as it was is no change; other days hold from today on, for which nothing is raised twice. */
    async editSchedule(call: Call<Schedule>, id: string, body: ScheduleChange): Promise<Schedule> {
      return await transaction(db, call, async (trx) => {
        const row = await getLocked(trx, id)
        checkVersion(call, row)
        const { change, hasOtherDays } = await describedAnew(trx, row, body)
        if (change === null) return toSchedule(row)
        if (!hasOtherDays) return await changeSchedule(parts, trx, { call, row, change })
        return await moveOn(trx, call, { row, change })
      })
    },

    async deleteSchedule(call: Call<void>, id: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const row = await getLocked(trx, id)
        checkVersion(call, row)
        const change = { deleted_at: clock.now(), next_day: null }
        await changeSchedule(parts, trx, { call, row, change, what: 'deleted' })
        await keepRaising(parts, trx, { id, next_day: null })
      })
    },

    async pauseSchedule(call: Call<Schedule>, id: string): Promise<Schedule> {
      return await transaction(db, call, async (trx) => {
        const row = await getLocked(trx, id)
        checkVersion(call, row)
        if (row.paused_at !== null) return toSchedule(row)
        return await moveOn(trx, call, { row, change: { paused_at: clock.now() } })
      })
    },

    /** The days of the pause are past, but for today. */
    async resumeSchedule(call: Call<Schedule>, id: string): Promise<Schedule> {
      return await transaction(db, call, async (trx) => {
        const row = await getLocked(trx, id)
        checkVersion(call, row)
        if (row.paused_at === null) return toSchedule(row)
        return await moveOn(trx, call, { row, change: { paused_at: null } })
      })
    },
  }

  /** A change after which the next day is another one: from today on, and after the last one that was raised. */
  async function moveOn(
    trx: Transaction<WorkOrderTables>,
    call: Call,
    { row, change }: { readonly row: ScheduleRow; readonly change: Partial<ScheduleRow> },
  ): Promise<Schedule> {
    const changed = { ...row, ...change }
    const today = businessDays.dayOf(clock.now())
    const last = row.last_raised?.day
    const from = last === undefined || last < today ? today : addDays(last, 1)
    const next = { next_day: changed.paused_at === null ? dayFrom(changed, from) : null }
    const schedule = await changeSchedule(parts, trx, { call, row: changed, change: next })
    await keepRaising(parts, trx, { id: row.id, ...next })
    return schedule
  }
}

async function getLocked(trx: Transaction<WorkOrderTables>, id: string): Promise<ScheduleRow> {
  const row = await lockSchedule(trx, id)
  if (row === undefined) throw refuse('schedule_not_found')
  return row
}
