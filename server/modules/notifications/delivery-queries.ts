import { type Insertable, type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely'
import { engineOf } from '#platform/database/engine'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { DeliveryState } from './schemas.ts'
import type { DeliveryTable, NotificationTables } from './table.ts'

export type DeliveryRow = Selectable<DeliveryTable>

/** Answers false when there is a delivery with this key already; the unique key decides. */
export async function insertDeliveryOnce(
  trx: Transaction<NotificationTables>,
  row: Insertable<DeliveryTable>,
): Promise<boolean> {
  const insert = trx.insertInto('deliveries').values(row)
  const { numInsertedOrUpdatedRows } = await (engineOf(trx) === 'mysql'
    ? insert.ignore()
    : insert.onConflict((conflict) => conflict.column('dedupe_key').doNothing())
  ).executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

export async function findDelivery(
  db: Kysely<NotificationTables>,
  id: string,
): Promise<DeliveryRow | undefined> {
  return await db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function lockDelivery(
  trx: Transaction<NotificationTables>,
  id: string,
): Promise<DeliveryRow | undefined> {
  return await trx.selectFrom('deliveries').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

type Change = Omit<Updateable<DeliveryTable>, 'version' | 'attempts'>

/** Notes one try of a delivery that is still pending; any other has nothing to gain from it. */
export async function noteAttempt(
  trx: Transaction<NotificationTables>,
  id: string,
  change: Change,
): Promise<void> {
  await trx
    .updateTable('deliveries')
    .set({ ...change, attempts: sql`attempts + 1`, version: sql`version + 1` })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .execute()
}

export async function updateDelivery(
  trx: Transaction<NotificationTables>,
  id: string,
  change: Updateable<DeliveryTable>,
): Promise<void> {
  await trx.updateTable('deliveries').set(change).where('id', '=', id).execute()
}

type List = { readonly state: DeliveryState | undefined; readonly request: PageRequest }

export async function listDeliveries(
  db: Kysely<NotificationTables>,
  { state, request }: List,
): Promise<Page<DeliveryRow>> {
  let found = db.selectFrom('deliveries')
  if (state !== undefined) found = found.where('state', '=', state)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'deliveries.created_at', holds: 'time', descending: true },
    sortValueOf: (row) => row.created_at,
    request,
  })
}

export async function deleteSentDeliveries(
  trx: Transaction<NotificationTables>,
  before: Date,
): Promise<void> {
  await trx.deleteFrom('deliveries').where('sent_at', '<', before).execute()
}
