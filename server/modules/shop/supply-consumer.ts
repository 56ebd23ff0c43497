import type { Transaction } from 'kysely'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { systemCall } from '#platform/call'
import { defineConsumer, type EventConsumer } from '#platform/events/consumer'
import { receiveOutput } from './production.ts'
import { findSuppliedProduct, keepSupply } from './supplies.ts'
import type { ShopTables } from './table.ts'
import { type PromiseParts, updatePromises } from './update-promises.ts'
import { isMadeForShop, readWorkOrder, toSupply } from './work-order-facts.ts'

const demand = Compile(Type.Object({ product_id: Type.String() }))

/** What the shop hears of the shop floor: what is made there comes into its stock, and to those who wait for it. */
export function createSupplyConsumers(parts: PromiseParts): EventConsumer[] {
  return [
    defineConsumer<ShopTables>({
      name: 'shop.work_orders',
      types: [
        'work_order.created',
        'work_order.updated',
        'work_order.status_changed',
        'work_order.output_logged',
        'work_order.overdue',
      ],
      async handle(event, trx) {
        const order = readWorkOrder(event)
        if (!isMadeForShop(order)) return
        const known = await findSuppliedProduct(trx, order.work_order_id)
        const productId = order.product_id ?? known
        if (productId !== undefined) await keepSupply(trx, toSupply(order, event, productId))
        // What follows from good ones for those who wait is announced with the demand, and noticed there.
        if (order.output?.kind !== 'good') await promise(trx, [productId, known])
        await receiveOutput(parts, trx, { call: systemCall, order })
      },
    }),
    defineConsumer<ShopTables>({
      name: 'shop.promises',
      types: ['product_demand.changed'],
      async handle({ data }, trx) {
        await promise(trx, [demand.Parse(data).product_id])
      },
    }),
  ]

  async function promise(
    trx: Transaction<ShopTables>,
    productIds: readonly (string | undefined)[],
  ): Promise<void> {
    for (const id of new Set(productIds)) if (id !== undefined) await updatePromises(parts, trx, id)
  }
}
