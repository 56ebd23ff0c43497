import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { systemCall } from '#platform/call'
import { defineConsumer, type EventConsumer } from '#platform/events/consumer'
import { reconcileDemand } from './demand.ts'
import { lockDemandRow, updateDemand } from './demand-queries.ts'
import type { WorkOrderParts } from './parts.ts'
import type { WorkOrderTables } from './table.ts'

const told = Compile(
  Type.Object({
    product_id: Type.String(),
    name: Type.String(),
    waiting: Type.Integer({ minimum: 0 }),
    received: Type.Integer(),
  }),
)

/**
 * Keeps what the shop's orders wait for, as the latest version of it says, and has it made. What is sold already is
 * made even when the product is no longer sold before it is there, for it is `waiting` that counts.
 */
export function createDemandCopy(parts: WorkOrderParts): EventConsumer {
  return defineConsumer<WorkOrderTables>({
    name: 'workorders.demand',
    types: ['product_demand.changed'],
    async handle({ data, recordversion: version }, trx) {
      const { product_id: productId, name, waiting, received } = told.Parse(data)
      const known = await lockDemandRow(trx, productId)
      if (known.version >= version) return
      await updateDemand(trx, productId, { product_name: name, waiting, received, version })
      await reconcileDemand(parts, trx, { call: systemCall, productId })
    },
  })
}
