import type { Transaction } from 'kysely'
import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { getHours, type HoursRow } from './clock-queries.ts'
import type { HolidayTable } from './clock-tables.ts'
import { reviewAllClocks } from './clock-timers.ts'
import { refuse } from './errors.ts'
import { checkWeek, readHours, toWeek, writeHours } from './opening-hours.ts'
import type { TicketParts } from './parts.ts'
import { calendarEvent } from './sla-events.ts'
import {
  type Holiday,
  type HolidayBody,
  holidayKinds,
  type OpeningHours,
  type WeekHours,
} from './sla-schemas.ts'
import type { TicketTables } from './table.ts'

export type BusinessCalendar = ReturnType<typeof createBusinessCalendar>

/**
 * The hours of the desk and the days on which nobody works: one record, whose version every change counts up, and
 * whose row is locked by each of them. A change holds for the tickets that are open as well.
 */
export function createBusinessCalendar(parts: TicketParts) {
  const { db, clock, outbox, businessDays } = parts

  return {
    async readHours(): Promise<OpeningHours> {
      return toHours(await getHours(db))
    },

    async changeHours(call: Call<OpeningHours>, week: WeekHours): Promise<OpeningHours> {
      checkWeek(week)
      return await transaction(db, call, async (trx) => {
        const row = await lockHours(trx)
        checkVersion(call, row)
        const changed = await nextVersion(trx, { ...row, hours: writeHours(week) })
        const answer = toHours(changed)
        await outbox.append(trx, call, calendarEvent(changed, { what: 'hours_changed', hours: answer.hours }))
        return answer
      })
    },

    async listHolidays(year: number | undefined): Promise<{ year: number; data: Holiday[] }> {
      const wanted = year ?? Number(businessDays.dayOf(clock.now()).slice(0, 4))
      const rows = await db
        .selectFrom('holidays')
        .selectAll()
        .where('day', '>=', `${wanted}-01-01`)
        .where('day', '<=', `${wanted}-12-31`)
        .orderBy('day')
        .execute()
      return { year: wanted, data: rows.map(toHoliday) }
    },

    async setHoliday(
      call: Call<Holiday>,
      day: string,
      { name, kind = 'own' }: HolidayBody,
    ): Promise<Holiday> {
      return await transaction(db, call, async (trx) => {
        const calendar = await lockHours(trx)
        checkVersion(call, calendar)
        const holiday = { day, name: name.trim(), kind }
        const known = await findHoliday(trx, day)
        await (known === undefined
          ? trx.insertInto('holidays').values(holiday).execute()
          : trx.updateTable('holidays').set(holiday).where('day', '=', day).execute())
        const changed = await nextVersion(trx, calendar)
        await outbox.append(trx, call, calendarEvent(changed, { what: 'holiday_set', holiday }))
        return holiday
      })
    },

    async removeHoliday(call: Call<void>, day: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const calendar = await lockHours(trx)
        checkVersion(call, calendar)
        const known = await findHoliday(trx, day)
        if (known === undefined) throw refuse('holiday_not_found')
        await trx.deleteFrom('holidays').where('day', '=', day).execute()
        const changed = await nextVersion(trx, calendar)
        const holiday = toHoliday(known)
        await outbox.append(trx, call, calendarEvent(changed, { what: 'holiday_removed', holiday }))
      })
    },
  }

  async function nextVersion(trx: Transaction<TicketTables>, row: HoursRow): Promise<HoursRow> {
    const changed = { ...row, version: row.version + 1, updated_at: clock.now() }
    await trx.updateTable('business_hours').set(changed).execute()
    await reviewAllClocks(parts, trx)
    return changed
  }

  function toHours(row: HoursRow): OpeningHours {
    return {
      zone: businessDays.zone,
      hours: toWeek(readHours(row.hours)),
      version: row.version,
      updated_at: row.updated_at.toISOString(),
    }
  }
}

async function lockHours(trx: Transaction<TicketTables>): Promise<HoursRow> {
  return await trx.selectFrom('business_hours').selectAll().forUpdate().executeTakeFirstOrThrow()
}

async function findHoliday(trx: Transaction<TicketTables>, day: string): Promise<HolidayTable | undefined> {
  return await trx.selectFrom('holidays').selectAll().where('day', '=', day).executeTakeFirst()
}

function toHoliday({ day, name, kind }: HolidayTable): Holiday {
  return { day, name, kind: holidayKinds.find((each) => each === kind) ?? 'own' }
}
