import type { Transaction } from 'kysely'
import { actorOf, type Call, checkVersion, may } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { refuseCaller } from '#platform/http/callers'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { refuse } from './errors.ts'
import { lockWithQueue, type Queue } from './give-out.ts'
import { allowedToOwner, allowedTransitions, type OrderStatus } from './lifecycle.ts'
import { changeOrder, type OrderParts } from './order-changes.ts'
import { findOrder, listLines, listOrders, lockOrder, type OrderRow } from './order-queries.ts'
import type { Order, OrderQuery } from './order-schemas.ts'
import { statusOf, toOrder } from './order-views.ts'
import { listPaymentsOfOrder } from './payment-queries.ts'
import { outstandingOf, paysOnDelivery } from './payment-rules.ts'
import type { ShopTables } from './table.ts'

const WRITE_ANY = 'transactions:write_any'

export type Orders = ReturnType<typeof createOrders>

/** What happens to an order once it is placed. Its owner sees it; staff need `transactions:read_any`. */
export function createOrders(parts: OrderParts) {
  const { db, clock } = parts
  return {
    async listOrders(call: Call, query: OrderQuery) {
      const own = actorOf(call).userId
      const page = await listOrders(db, {
        userId: may(call, 'transactions:read_any') ? query.user_id : own,
        status: query.status,
        sort: query.sort,
        request: toPageRequest(query),
      })
      const lines = Map.groupBy(
        await listLines(
          db,
          page.rows.map(({ id }) => id),
        ),
        (line) => line.order_id,
      )
      return presentPage(page, (row) => toOrder(row, lines.get(row.id) ?? []))
    },

    async getOrder(call: Call, id: string): Promise<Order> {
      const row = await findOrder(db, id)
      if (row === undefined || !maySee(call, row)) throw refuse('order_not_found')
      return toOrder(row, await listLines(db, [id]))
    },

    /** Staff's own moves, `cancelled` among them. */
    async setStatus(call: Call<Order>, id: string, status: OrderStatus): Promise<Order> {
      return await move(call, id, { status, reason: null })
    },

    /** The owner may cancel until it is paid, staff until it is shipped. */
    async cancelOrder(call: Call<Order>, id: string, reason: string | null): Promise<Order> {
      return await move(call, id, { status: 'cancelled', reason })
    },
  }

  async function move(
    call: Call<Order>,
    id: string,
    { status, reason }: { status: OrderStatus; reason: string | null },
  ): Promise<Order> {
    return await transaction(db, call, async (trx) => {
      const queue: Queue = status === 'cancelled' ? await lockWithQueue(trx, id) : new Map()
      const row = requireSeen(call, queue.get(id) ?? (await lockOrder(trx, id)))
      requireOwnerOrStaff(call, row)
      checkVersion(call, row)
      const before = statusOf(row)
      const allowed = await transitionsFor(trx, call, row)
      if (!allowed.includes(status)) {
        throw refuse('transition_not_allowed', {
          details: { order_status: before, wanted: status, allowed_transitions: allowed },
        })
      }
      if (status === 'shipped') await requireAllUnits(trx, id)
      return await changeOrder(parts, trx, { call, row, change: changeTo(status, { row, reason }), queue })
    })
  }

  function changeTo(status: OrderStatus, { row, reason }: { row: OrderRow; reason: string | null }) {
    const now = clock.now()
    if (status === 'cancelled') return { status, cancel_reason: reason }
    if (status === 'paid') return { status, paid_at: now }
    if (row.status === 'pending_payment') return { status, on_delivery_at: now }
    return { status }
  }
}

/** Nobody sends what is not there yet. */
async function requireAllUnits(trx: Transaction<ShopTables>, id: string): Promise<void> {
  const lines = (await listLines(trx, [id])).filter(({ waiting }) => (waiting ?? 0) > 0)
  if (lines.length === 0) return
  const facts = lines.map(({ product_id, name, quantity, waiting, promised_on }) => ({
    product_id,
    name,
    quantity,
    waiting,
    promised_on,
  }))
  throw refuse('lines_waiting', { details: { lines: facts } })
}

async function transitionsFor(
  trx: Transaction<ShopTables>,
  call: Call,
  row: OrderRow,
): Promise<readonly OrderStatus[]> {
  const status = statusOf(row)
  if (!may(call, WRITE_ANY)) return allowedToOwner(status)
  return allowedTransitions(status, {
    paysOnDelivery:
      status === 'pending_payment' && paysOnDelivery(row, await listPaymentsOfOrder(trx, row.id)),
    owesMoney: row.on_delivery_at !== null && outstandingOf(row) > 0,
  })
}

/** Refuses an order that the caller may not see as one that is not there. */
export async function getLockedOrder(
  trx: Transaction<ShopTables>,
  call: Call,
  id: string,
): Promise<OrderRow> {
  return requireSeen(call, await lockOrder(trx, id))
}

function requireSeen(call: Call, row: OrderRow | undefined): OrderRow {
  if (row === undefined || !maySee(call, row)) throw refuse('order_not_found')
  return row
}

export function maySee(call: Call, row: { readonly user_id: string }): boolean {
  return row.user_id === actorOf(call).userId || may(call, 'transactions:read_any')
}

/** Who only looks at everybody's orders changes none of them. */
export function requireOwnerOrStaff(call: Call, row: Pick<OrderRow, 'user_id'>): void {
  if (row.user_id === actorOf(call).userId || may(call, WRITE_ANY)) return
  throw refuseCaller('missing_permission', { details: { permission: WRITE_ANY } })
}
