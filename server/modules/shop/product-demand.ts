import type { Kysely, Transaction } from 'kysely'
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
  readonly waiting?: number
  /** How many units more have come from production, below zero where some were taken back. */
  readonly received?: number
  /** Whether the product has another policy than before. */
  readonly isNewPolicy?: boolean
}

/**
 * Counts what orders wait for and what production has brought, and announces both as they are now, with the policy.
 * Where nothing of it is another than before it writes nothing. The lock of the product comes first.
 */
export async function changeDemand(
  { clock, outbox }: Pick<ShopParts, 'clock' | 'outbox'>,
  trx: Transaction<ShopTables>,
  { call, product, waiting = 0, received = 0, isNewPolicy = false }: DemandChange,
): Promise<void> {
  if (waiting === 0 && received === 0 && !isNewPolicy) return
  const { id } = product
  const now = clock.now()
  const none = { id, waiting: 0, received: 0, version: 0, updated_at: now }
  const [known] = await lockDemands(trx, [id])
  const before = known ?? none
  if (known === undefined) await insertOnce(trx, 'product_demands', none)
  const after = {
    waiting: before.waiting + waiting,
    received: before.received + received,
    version: before.version + 1,
    updated_at: now,
  }
  await trx.updateTable('product_demands').set(after).where('id', '=', id).execute()
  await outbox.append(trx, call, demandChanged(product, after))
}

/** Those of the products that somebody has ever waited for, or that production has brought some of. */
export async function lockDemands(trx: Transaction<ShopTables>, productIds: readonly string[]) {
  if (productIds.length === 0) return []
  return await trx
    .selectFrom('product_demands')
    .selectAll()
    .where('id', 'in', productIds)
    .orderBy('id')
    .forUpdate()
    .execute()
}

/** Those of the products that somebody waits for now. */
export async function findAwaited(
  db: Kysely<ShopTables>,
  productIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (productIds.length === 0) return new Set()
  const rows = await db
    .selectFrom('product_demands')
    .select('id')
    .where('id', 'in', productIds)
    .where('waiting', '>', 0)
    .execute()
  return new Set(rows.map(({ id }) => id))
}
