import type { Kysely, Selectable, Transaction, Updateable } from 'kysely'
import type { ShopSettingsTable } from './order-tables.ts'
import type { ShopTables } from './table.ts'

export type SettingsRow = Selectable<ShopSettingsTable>

/** There is one row, which the migration has made. */
export async function getSettings(db: Kysely<ShopTables>): Promise<SettingsRow> {
  return await db.selectFrom('shop_settings').selectAll().executeTakeFirstOrThrow()
}

export async function lockSettings(trx: Transaction<ShopTables>): Promise<SettingsRow> {
  return await trx.selectFrom('shop_settings').selectAll().forUpdate().executeTakeFirstOrThrow()
}

export async function updateSettings(
  trx: Transaction<ShopTables>,
  change: Updateable<ShopSettingsTable>,
): Promise<void> {
  await trx.updateTable('shop_settings').set(change).execute()
}
