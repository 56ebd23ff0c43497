import type { Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { PaymentTable } from './order-tables.ts'
import type { PaymentQuery } from './payment-schemas.ts'
import type { ShopTables } from './table.ts'

export type PaymentRow = Selectable<PaymentTable>

export async function findPayment(db: Kysely<ShopTables>, id: string): Promise<PaymentRow | undefined> {
  return await db.selectFrom('payments').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Only with its order locked: whoever changes a payment holds its order, so that sums over payments stand still. */
export async function listPaymentsOfOrder(
  trx: Transaction<ShopTables>,
  orderId: string,
): Promise<PaymentRow[]> {
  return await trx
    .selectFrom('payments')
    .selectAll()
    .where('order_id', '=', orderId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

type List = {
  readonly orderId?: string
  readonly state?: PaymentQuery['state']
  readonly request: PageRequest
}

/** Oldest first: they are confirmed in the order in which they came. */
export async function listPayments(
  db: Kysely<ShopTables>,
  { orderId, state, request }: List,
): Promise<Page<PaymentRow>> {
  let found = db.selectFrom('payments')
  if (orderId !== undefined) found = found.where('order_id', '=', orderId)
  if (state !== undefined) found = found.where('state', '=', state)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'payments.created_at', holds: 'time', descending: false },
    sortValueOf: (row) => row.created_at,
    request,
  })
}

export async function insertPayment(
  trx: Transaction<ShopTables>,
  row: Insertable<PaymentTable>,
): Promise<void> {
  await trx.insertInto('payments').values(row).execute()
}

export async function updatePayment(
  trx: Transaction<ShopTables>,
  id: string,
  change: Updateable<PaymentTable>,
): Promise<void> {
  await trx.updateTable('payments').set(change).where('id', '=', id).execute()
}
