import type { Selectable } from 'kysely'
import { type Kysely, sql, type Transaction } from 'kysely'
import { engineOf } from '#platform/database/engine'
import type { InvgateUserTable } from './invgate-tables.ts'
import type { TicketTables } from './table.ts'

export type InvgateUserRow = Selectable<InvgateUserTable>

export async function findInvgateUser(
  db: Kysely<TicketTables>,
  userId: string,
): Promise<InvgateUserRow | undefined> {
  return await db.selectFrom('invgate_users').selectAll().where('user_id', '=', userId).executeTakeFirst()
}

/** Remembers that the account may be there because we have made it, whatever else becomes of the attempt. */
export async function noteMaking(
  trx: Transaction<TicketTables>,
  { userId, now }: { readonly userId: string; readonly now: Date },
): Promise<void> {
  await keepInvgateUser(trx, {
    user_id: userId,
    invgate_id: null,
    state: 'pending',
    attempts: 0,
    last_error: null,
    updated_at: now,
  })
  await trx
    .updateTable('invgate_users')
    .set({ making_at: now })
    .where('user_id', '=', userId)
    .where('making_at', 'is', null)
    .execute()
}

/** Writes what is known of somebody's account; one that was found once stays as it is. */
export async function keepInvgateUser(
  trx: Transaction<TicketTables>,
  row: Omit<InvgateUserRow, 'making_at'>,
): Promise<void> {
  const { user_id: id, invgate_id: invgateId, state, attempts, last_error: error, updated_at: at } = row
  const columns = ['invgate_id', 'state', 'attempts', 'last_error', 'updated_at'].map((name) => sql.ref(name))
  const values = sql`(${id}, ${invgateId}, ${state}, ${attempts}, ${error}, ${at})`
  const insertion = sql`insert into invgate_users (user_id, ${sql.join(columns)}) values ${values}`
  const [otherwise, given] =
    engineOf(trx) === 'mysql'
      ? [sql`on duplicate key update`, (column: unknown) => sql`values(${column})`]
      : [sql`on conflict (user_id) do update set`, (column: unknown) => sql`excluded.${column}`]
  // MySQL sets the columns one after the other, so that the one that decides comes last.
  const isLinked = sql`invgate_users.invgate_id is not null`
  const changes = columns
    .toReversed()
    .map(
      (column) =>
        sql`${column} = case when ${isLinked} then invgate_users.${column} else ${given(column)} end`,
    )
  await sql`${insertion} ${otherwise} ${sql.join(changes)}`.execute(trx)
}
