import { sql, type Transaction } from 'kysely'
import { engineOf } from '#platform/database/engine'
import type { TicketTables } from './table.ts'

const ALL = 'tickets'

/**
 * The next number, as in `TCK-000042`; beyond the first million they get longer. The row stays locked until the
 * transaction ends, and what is rolled back gives its number back, so that there are no gaps.
 */
export async function takeNumber(trx: Transaction<TicketTables>): Promise<string> {
  const otherwise =
    engineOf(trx) === 'mysql'
      ? sql`on duplicate key update last_number = last_number + 1`
      : sql`on conflict (id) do update set last_number = ticket_numbers.last_number + 1`
  await sql`insert into ticket_numbers (id, last_number) values (${ALL}, 1) ${otherwise}`.execute(trx)
  const { last_number: last } = await trx
    .selectFrom('ticket_numbers')
    .select('last_number')
    .where('id', '=', ALL)
    .executeTakeFirstOrThrow()
  return `TCK-${String(last).padStart(6, '0')}`
}
