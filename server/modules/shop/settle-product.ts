import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { ShopParts } from './catalogue.ts'
import { giveOut, type Queue } from './give-out.ts'
import { changeDemand } from './product-demand.ts'
import type { ProductRow } from './product-queries.ts'
import { levelEvents } from './stock-level.ts'
import { policyOf } from './stock-policy.ts'
import type { ShopTables } from './table.ts'

type Settle = {
  readonly call: Call
  readonly before: ProductRow
  /** As it was written. */
  readonly after: ProductRow
  readonly queue: Queue
}

/**
 * What follows from a change of a product by people: more of it goes to those who wait, its stock may be low now or no
 * longer, and another policy is told to who makes it. Answers how the product is then.
 */
export async function settleProduct(
  parts: Pick<ShopParts, 'clock' | 'ids' | 'outbox'>,
  trx: Transaction<ShopTables>,
  { call, before, after, queue }: Settle,
): Promise<ProductRow> {
  const { product, filled } =
    after.stock > before.stock
      ? await giveOut(parts, trx, { call, product: after, queue, now: after.updated_at })
      : { product: after, filled: 0 }
  await parts.outbox.append(trx, call, ...levelEvents(before, product))
  const isNewPolicy = policyOf(before) !== policyOf(after)
  await changeDemand(parts, trx, { call, product, waiting: -filled, isNewPolicy })
  return product
}
