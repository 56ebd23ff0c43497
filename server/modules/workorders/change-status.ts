import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { requireHand } from './access.ts'
import { refuse } from './errors.ts'
import type { WorkOrderParts } from './parts.ts'
import { lockForOutput } from './production-log.ts'
import { listOperators } from './queries.ts'
import type { StatusBody, WorkOrder } from './schemas.ts'
import { setStatus } from './set-status.ts'

export type ChangeStatus = ReturnType<typeof createChangeStatus>

/** What the shop floor does with an order (W4): only those who work on it, and managers. */
export function createChangeStatus(parts: WorkOrderParts) {
  return async function changeStatus(
    call: Call<WorkOrder>,
    id: string,
    body: StatusBody,
  ): Promise<WorkOrder> {
    return await transaction(parts.db, call, async (trx) => {
      const row = await lockForOutput(trx, id)
      if (row === undefined) throw refuse('work_order_not_found')
      const operators = await listOperators(trx, [id])
      requireHand({ call, operatorIds: operators.get(id) ?? [] })
      checkVersion(call, row)
      return await setStatus(parts, trx, { call, row, body })
    })
  }
}
