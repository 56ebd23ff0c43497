import type { Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { OrderQuery } from './order-schemas.ts'
import type { OrderLineTable, OrderTable } from './order-tables.ts'
import type { ShopTables } from './table.ts'

export type OrderRow = Selectable<OrderTable>
export type OrderLineRow = Selectable<OrderLineTable>

export async function findOrder(db: Kysely<ShopTables>, id: string): Promise<OrderRow | undefined> {
  return await db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function lockOrder(trx: Transaction<ShopTables>, id: string): Promise<OrderRow | undefined> {
  return await trx.selectFrom('orders').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

/** The lines of several orders at once, each order's in their sequence. */
export async function listLines(
  db: Kysely<ShopTables>,
  orderIds: readonly string[],
): Promise<OrderLineRow[]> {
  if (orderIds.length === 0) return []
  return await db
    .selectFrom('order_lines')
    .selectAll()
    .where('order_id', 'in', orderIds)
    .orderBy('order_id')
    .orderBy('line')
    .execute()
}

type List = {
  readonly userId: string | undefined
  readonly status: OrderQuery['status']
  readonly sort: OrderQuery['sort']
  readonly request: PageRequest
}

export async function listOrders(
  db: Kysely<ShopTables>,
  { userId, status, sort, request }: List,
): Promise<Page<OrderRow>> {
  let found = db.selectFrom('orders')
  if (userId !== undefined) found = found.where('user_id', '=', userId)
  if (status !== undefined) found = found.where('status', '=', status)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'orders.created_at', holds: 'time', descending: sort !== 'created_at' },
    sortValueOf: (row) => row.created_at,
    request,
  })
}

export async function insertOrder(
  trx: Transaction<ShopTables>,
  order: Insertable<OrderTable>,
  lines: readonly Insertable<OrderLineTable>[],
): Promise<void> {
  await trx.insertInto('orders').values(order).execute()
  await trx.insertInto('order_lines').values(lines).execute()
}

export async function updateOrder(
  trx: Transaction<ShopTables>,
  id: string,
  change: Updateable<OrderTable>,
): Promise<void> {
  await trx.updateTable('orders').set(change).where('id', '=', id).execute()
}
