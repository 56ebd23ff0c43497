import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { insertOnce } from '#platform/database/upsert'
import type { ShopParts } from './catalogue.ts'
import { demandChanged } from './events.ts'
import type { ProductRow } from './product-queries.ts'
import type { ShopTables } from './table.ts'

type DemandChange = {
  readonly call: Call
  /** Locked, so that nobody else changes its demand meanwhile. */
  readonly product: Pick<ProductRow, 'id' | 'name' | 'stock_policy'>
  /** How many units more are waited for, below zero for fewer. */
  readonly waiting: number
  /** How many units more have come from production, below zero where some were taken back. */
  readonly received: number
}

/** Counts what orders wait for and what production has brought, and announces both as they are now. */
export async function changeDemand(
  { clock, outbox }: Pick<ShopParts, 'clock' | 'outbox'>,
  trx: Transaction<ShopTables>,
  { call, product, waiting, received }: DemandChange,
): Promise<void> {
  if (waiting === 0 && received === 0) return
  const { id } = product
  const now = clock.now()
  const none = { id, waiting: 0, received: 0, version: 0, updated_at: now }
  const before = (await lockDemand(trx, id)) ?? none
  if (before.version === 0) await insertOnce(trx, 'product_demands', none)
  const after = {
    waiting: before.waiting + waiting,
    received: before.received + received,
    version: before.version + 1,
    updated_at: now,
  }
  await trx.updateTable('product_demands').set(after).where('id', '=', id).execute()
  await outbox.append(trx, call, demandChanged(product, after))
}

async function lockDemand(trx: Transaction<ShopTables>, id: string) {
  return await trx
    .selectFrom('product_demands')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}
