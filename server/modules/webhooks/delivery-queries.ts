import { type Insertable, type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely'
import { engineOf } from '#platform/database/engine'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { DeliveryState } from './schemas.ts'
import type { WebhookDeliveryTable, WebhookTables } from './table.ts'

export type DeliveryRow = Selectable<WebhookDeliveryTable>

/** Answers false when this webhook has a delivery of this event already; the unique key decides. */
export async function insertDeliveryOnce(
  trx: Transaction<WebhookTables>,
  row: Insertable<WebhookDeliveryTable>,
): Promise<boolean> {
  const insert = trx.insertInto('webhook_deliveries').values(row)
  const { numInsertedOrUpdatedRows } = await (engineOf(trx) === 'mysql'
    ? insert.ignore()
    : insert.onConflict((conflict) => conflict.columns(['webhook_id', 'event_id']).doNothing())
  ).executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

export async function findDelivery(db: Kysely<WebhookTables>, id: string): Promise<DeliveryRow | undefined> {
  return await db.selectFrom('webhook_deliveries').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function lockDelivery(
  trx: Transaction<WebhookTables>,
  id: string,
): Promise<DeliveryRow | undefined> {
  return await trx
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

type Change = Omit<Updateable<WebhookDeliveryTable>, 'version' | 'attempts'>

/** Notes one try, unless the delivery has come to its end meanwhile. */
export async function noteAttempt(
  trx: Transaction<WebhookTables>,
  id: string,
  change: Change,
): Promise<void> {
  await trx
    .updateTable('webhook_deliveries')
    .set({ ...change, attempts: sql`attempts + 1`, version: sql`version + 1` })
    .where('id', '=', id)
    .where('state', 'in', ['pending', 'stopped'])
    .execute()
}

/** Changes these deliveries without a try; the others of the list are left as they are. */
export async function changeDeliveries(
  trx: Transaction<WebhookTables>,
  ids: readonly string[],
  change: Omit<Updateable<WebhookDeliveryTable>, 'version'>,
): Promise<void> {
  if (ids.length === 0) return
  await trx
    .updateTable('webhook_deliveries')
    .set({ ...change, version: sql`version + 1` })
    .where('id', 'in', ids)
    .execute()
}

/** All that is pending for a webhook; the timers find nothing to do then. */
export async function stopDeliveries(trx: Transaction<WebhookTables>, webhookId: string): Promise<void> {
  await trx
    .updateTable('webhook_deliveries')
    .set({ state: 'stopped', next_attempt_at: null, version: sql`version + 1` })
    .where('webhook_id', '=', webhookId)
    .where('state', '=', 'pending')
    .execute()
}

export async function listStopped(
  trx: Transaction<WebhookTables>,
  webhookId: string,
  limit: number,
): Promise<string[]> {
  const rows = await trx
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('webhook_id', '=', webhookId)
    .where('state', '=', 'stopped')
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

type List = {
  readonly webhookId: string
  readonly state: DeliveryState | undefined
  readonly request: PageRequest
}

export async function listDeliveries(
  db: Kysely<WebhookTables>,
  { webhookId, state, request }: List,
): Promise<Page<DeliveryRow>> {
  let found = db.selectFrom('webhook_deliveries').where('webhook_id', '=', webhookId)
  if (state !== undefined) found = found.where('state', '=', state)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'webhook_deliveries.created_at', holds: 'time', descending: true },
    sortValueOf: (row) => row.created_at,
    request,
  })
}

export async function deleteOldDeliveries(trx: Transaction<WebhookTables>, before: Date): Promise<void> {
  await trx.deleteFrom('webhook_deliveries').where('created_at', '<', before).execute()
}
