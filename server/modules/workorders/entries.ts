import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { isManager, requireHand } from './access.ts'
import { refuse } from './errors.ts'
import { findEntry, listEntries, listReversals } from './log-queries.ts'
import type { LogEntryQuery, ReversalAnswer } from './log-schemas.ts'
import { kindOf, scrapReasonOf, toLogEntry } from './log-views.ts'
import type { WorkOrderParts } from './parts.ts'
import { lockForOutput, logOutput } from './production-log.ts'
import { findWorkOrder, listOperators, type WorkOrderRow } from './queries.ts'
import { statusOf } from './views.ts'

type Place = { readonly workOrderId: string; readonly entryId: string }

export type Entries = ReturnType<typeof createEntries>

/** The production log itself (W5). */
export function createEntries(parts: WorkOrderParts) {
  const { db, ids } = parts
  return {
    /**
     * Takes an entry back by its opposite, which counts for the operator of the entry. The operators do so while they
     * work on the order, a manager at any time: what was miscounted is often found when the order is closed.
     */
    async reverseEntry(
      call: Call<ReversalAnswer>,
      { workOrderId, entryId }: Place,
      note: string | null,
    ): Promise<ReversalAnswer> {
      return await transaction(db, call, async (trx) => {
        const row = await lockForOutput(trx, workOrderId)
        if (row === undefined) throw refuse('work_order_not_found')
        const operators = await listOperators(trx, [workOrderId])
        requireHand({ call, operatorIds: operators.get(workOrderId) ?? [] })
        checkVersion(call, row)
        refuseUnlessOpenToMe(call, row)
        const entry = await findEntry(trx, { workOrderId, entryId })
        if (entry === undefined) throw refuse('entry_not_found')
        if (entry.reverses_id !== null) throw refuse('entry_is_reversal')
        const earlier = (await listReversals(trx, [entryId])).get(entryId)
        if (earlier !== undefined) throw refuse('entry_reversed', { details: { reversed_by_id: earlier } })
        const id = ids.next()
        const order = await logOutput(parts, trx, {
          call,
          row,
          entry: {
            id,
            kind: kindOf(entry),
            quantity: -entry.quantity,
            scrapReason: scrapReasonOf(entry),
            note,
            operatorId: entry.operator_id,
            reversesId: entryId,
          },
        })
        const written = await findEntry(trx, { workOrderId, entryId: id })
        if (written === undefined) throw new TypeError('an entry is gone that was just written')
        return { ...toLogEntry(written, { reversedById: null }), work_order: order }
      })
    },

    async listEntries(workOrderId: string, query: LogEntryQuery) {
      if ((await findWorkOrder(db, workOrderId)) === undefined) throw refuse('work_order_not_found')
      const page = await listEntries(db, {
        workOrderId,
        kind: query.kind,
        descending: query.sort !== 'created_at',
        request: toPageRequest(query),
      })
      const reversals = await listReversals(
        db,
        page.rows.map(({ id }) => id),
      )
      return presentPage(page, (row) => toLogEntry(row, { reversedById: reversals.get(row.id) ?? null }))
    },
  }
}

function refuseUnlessOpenToMe(call: Call, row: WorkOrderRow): void {
  const status = statusOf(row)
  if (status === 'in_progress' || isManager(call)) return
  throw refuse('not_in_progress', { details: { current_status: status } })
}
