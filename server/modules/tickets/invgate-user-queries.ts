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

type Claim = {
  readonly userId: string
  readonly now: Date
  /** What was begun later InvGate may still do. */
  readonly settledAt: Date
}

/**
 * Sets out to make the account, which is remembered whatever else becomes of the attempt. Answers false where it is
 * there meanwhile, or somebody else has set out since `settledAt`.
 */
export async function claimMaking(
  trx: Transaction<TicketTables>,
  { userId, now, settledAt }: Claim,
): Promise<boolean> {
  if ((await findInvgateUser(trx, userId)) === undefined)
    await keepInvgateUser(trx, {
      user_id: userId,
      invgate_id: null,
      state: 'pending',
      attempts: 0,
      last_error: null,
      updated_at: now,
    })
  const { numUpdatedRows } = await trx
    .updateTable('invgate_users')
    .set({ making_at: now })
    .where('user_id', '=', userId)
    .where('invgate_id', 'is', null)
    .where((eb) => eb.or([eb('making_at', 'is', null), eb('making_at', '<=', settledAt)]))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The account was certainly not made by who set out at `makingAt`. */
export async function releaseMaking(
  trx: Transaction<TicketTables>,
  { userId, makingAt }: { readonly userId: string; readonly makingAt: Date },
): Promise<void> {
  await trx
    .updateTable('invgate_users')
    .set({ making_at: null })
    .where('user_id', '=', userId)
    .where('making_at', '=', makingAt)
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

/** The tickets of somebody that InvGate is still to be told of. */
export async function listAwaiting(
  trx: Transaction<TicketTables>,
  userId: string,
): Promise<readonly string[]> {
  const rows = await trx
    .selectFrom('tickets')
    .select('id')
    .where('sync_state', '=', 'pending')
    .where((eb) => eb.or([eb('customer_id', '=', userId), eb('creator_id', '=', userId)]))
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}
