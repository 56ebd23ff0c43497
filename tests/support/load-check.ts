import { findOrderViolations } from './journey.ts'
import type { Scene } from './load-journey.ts'
import type { OrderLoad } from './load-orders.ts'

/** Everything that must be true after a journey whose backlog is empty; no sentence when it is. */
export async function findViolations(
  { db }: Scene,
  { acknowledged }: Pick<OrderLoad, 'acknowledged'>,
): Promise<string[]> {
  const violations = await findOrderViolations(db)
  const orders = await db.selectFrom('orders').select('id').execute()
  const kept = new Set(orders.map(({ id }) => id))
  for (const [order, id] of acknowledged) {
    if (!kept.delete(id)) violations.push(`the acknowledged order ${order} (${id}) is not there`)
  }
  for (const id of kept) violations.push(`nobody was told of the order ${id}`)
  return violations
}
