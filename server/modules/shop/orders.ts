import type { Transaction } from 'kysely'
import { actorOf, type Call, checkVersion, may } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import type { ShopParts } from './catalogue.ts'
import { refuse } from './errors.ts'
import { orderStatusChanged } from './events.ts'
import { allowedToOwner, allowedTransitions, type OrderStatus } from './lifecycle.ts'
import {
  findOrder,
  listLines,
  listOrders,
  lockOrder,
  type OrderLineRow,
  updateOrder,
} from './order-queries.ts'
import { lockStocks } from './product-queries.ts'
import type { Order, OrderQuery } from './schemas.ts'
import { moveStock } from './stock.ts'
import type { ShopTables } from './table.ts'
import { toOrder } from './views.ts'

export type Orders = ReturnType<typeof createOrders>

/** What happens to an order once it is placed. Its owner sees it; staff need `transactions:read_any`. */
export function createOrders({ db, clock, ids, outbox }: ShopParts) {
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
      const row = await lockOrder(trx, id)
      if (row === undefined || !maySee(call, row)) throw refuse('order_not_found')
      checkVersion(call, row)
      const lines = await listLines(trx, [id])
      const before = toOrder(row, lines)
      const allowed = may(call, 'transactions:write_any')
        ? allowedTransitions(before.status)
        : allowedToOwner(before.status)
      if (!allowed.includes(status)) {
        throw refuse('transition_not_allowed', {
          details: { status: before.status, wanted: status, allowed_transitions: allowed },
        })
      }
      const now = clock.now()
      const changed = {
        status,
        cancel_reason: status === 'cancelled' ? reason : row.cancel_reason,
        version: row.version + 1,
        updated_at: now,
      }
      await updateOrder(trx, id, changed)
      const order = toOrder({ ...row, ...changed }, lines)
      const released = status === 'cancelled' ? await release(trx, call, { orderId: id, lines, now }) : []
      await outbox.append(trx, call, orderStatusChanged(order, before.status), ...released)
      return order
    })
  }

  async function release(
    trx: Transaction<ShopTables>,
    call: Call,
    { orderId, lines, now }: { orderId: string; lines: readonly OrderLineRow[]; now: Date },
  ) {
    const stocks = await lockStocks(
      trx,
      lines.map((line) => line.product_id),
    )
    return await moveStock(trx, { call, ids, now, kind: 'release', orderId, stocks, lines })
  }
}

function maySee(call: Call, row: { readonly user_id: string }): boolean {
  return row.user_id === actorOf(call).userId || may(call, 'transactions:read_any')
}
