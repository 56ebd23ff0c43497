import type { Kysely, Selectable, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { WebhookTable, WebhookTables } from './table.ts'

/** A row with its list of types read. */
export type WebhookRow = Omit<Selectable<WebhookTable>, 'event_types'> & {
  readonly event_types: string[]
}

export async function findWebhook(db: Kysely<WebhookTables>, id: string): Promise<WebhookRow | undefined> {
  const row = await db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : read(row)
}

export async function lockWebhook(
  trx: Transaction<WebhookTables>,
  id: string,
): Promise<WebhookRow | undefined> {
  const row = await trx.selectFrom('webhooks').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  return row === undefined ? undefined : read(row)
}

export async function listEnabledWebhooks(db: Kysely<WebhookTables>): Promise<WebhookRow[]> {
  const rows = await db.selectFrom('webhooks').selectAll().where('disabled_at', 'is', null).execute()
  return rows.map(read)
}

export async function listWebhooks(
  db: Kysely<WebhookTables>,
  request: PageRequest,
): Promise<Page<WebhookRow>> {
  const found = db.selectFrom('webhooks')
  const page = await listPage({
    query: found.selectAll(),
    sort: { column: 'webhooks.created_at', holds: 'time', descending: true },
    sortValueOf: (row) => row.created_at,
    request,
  })
  return { ...page, rows: page.rows.map(read) }
}

export async function insertWebhook(trx: Transaction<WebhookTables>, row: WebhookRow): Promise<void> {
  await trx
    .insertInto('webhooks')
    .values({ ...row, event_types: JSON.stringify(row.event_types) })
    .execute()
}

export async function updateWebhook(
  trx: Transaction<WebhookTables>,
  id: string,
  { event_types: types, ...change }: Partial<WebhookRow>,
): Promise<void> {
  const written = types === undefined ? change : { ...change, event_types: JSON.stringify(types) }
  await trx.updateTable('webhooks').set(written).where('id', '=', id).execute()
}

/** Notes that something has arrived, so that the failures before it no longer count. */
export async function clearFailures(trx: Transaction<WebhookTables>, id: string): Promise<void> {
  await trx
    .updateTable('webhooks')
    .set({ failing_since_at: null, paused_until_at: null })
    .where('id', '=', id)
    .where('failing_since_at', 'is not', null)
    .execute()
}

export async function deleteWebhook(trx: Transaction<WebhookTables>, id: string): Promise<void> {
  await trx.deleteFrom('webhooks').where('id', '=', id).execute()
}

function read(row: Selectable<WebhookTable>): WebhookRow {
  const types: unknown = JSON.parse(row.event_types)
  if (!Array.isArray(types)) throw new TypeError(`the webhook ${row.id} has no list of event types`)
  return { ...row, event_types: types.map(String) }
}
