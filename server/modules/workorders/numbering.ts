import { sql, type Transaction } from 'kysely'
import { engineOf } from '#platform/database/engine'
import type { WorkOrderTables } from './table.ts'

/**
 * The next number of a business day, as in `WO-20261121-001`; more than 999 a day get more digits. The row of the day
 * stays locked until the transaction ends, and what is rolled back gives its number back, so that there are no gaps.
 */
export async function takeNumber(trx: Transaction<WorkOrderTables>, day: string): Promise<string> {
  const otherwise =
    engineOf(trx) === 'mysql'
      ? sql`on duplicate key update last_number = last_number + 1`
      : sql`on conflict (business_day) do update set last_number = work_order_numbers.last_number + 1`
  await sql`insert into work_order_numbers (business_day, last_number) values (${day}, 1) ${otherwise}`.execute(
    trx,
  )
  const { last_number: last } = await trx
    .selectFrom('work_order_numbers')
    .select('last_number')
    .where('business_day', '=', day)
    .executeTakeFirstOrThrow()
  return `WO-${day.replaceAll('-', '')}-${String(last).padStart(3, '0')}`
}
