import type { Transaction } from 'kysely'
import { actorOf, type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { requireHand } from './access.ts'
import { refuse } from './errors.ts'
import { progressReported } from './events.ts'
import { insertReport, listEntriesOfReports, listReports, type ReportRow } from './log-queries.ts'
import type { ProgressAnswer, ProgressBody, ProgressQuery } from './log-schemas.ts'
import { toReport } from './log-views.ts'
import type { WorkOrderParts } from './parts.ts'
import { lockForOutput, logOutput, type NewEntry } from './production-log.ts'
import { findWorkOrder, lockWorkOrder, type WorkOrderRow } from './queries.ts'
import type { WorkOrder } from './schemas.ts'
import type { WorkOrderTables } from './table.ts'
import { toWorkOrder } from './views.ts'
import { extentOf } from './work-order-changes.ts'

export type Progress = ReturnType<typeof createProgress>

/** What the shop floor tells of an order (W6): words, and the quantities that come with them. */
export function createProgress(parts: WorkOrderParts) {
  const { db, clock, ids, outbox } = parts
  return {
    /** All of it or nothing: an entry of the log for each kind that is more than zero. Words alone change no order. */
    async reportProgress(
      call: Call<ProgressAnswer>,
      workOrderId: string,
      body: ProgressBody,
    ): Promise<ProgressAnswer> {
      return await transaction(db, call, async (trx) => {
        const row = await lockForOutput(trx, workOrderId)
        if (row === undefined) throw refuse('work_order_not_found')
        const extent = await extentOf(trx, workOrderId)
        requireHand({ call, operatorIds: extent.operatorIds })
        checkVersion(call, row)
        const report: ReportRow = {
          id: ids.next(),
          work_order_id: workOrderId,
          note: body.note.trim(),
          operator_id: actorOf(call).userId,
          created_at: clock.now(),
        }
        await insertReport(trx, report)
        const order =
          (await logAll(trx, call, { row, entries: entriesOf(report, body) })) ?? toWorkOrder(row, extent)
        const view = toReport(report, await listEntriesOfReports(trx, [report.id]))
        await outbox.append(trx, call, progressReported(view, order))
        return { ...view, work_order: order }
      })
    },

    async listProgress(workOrderId: string, query: ProgressQuery) {
      if ((await findWorkOrder(db, workOrderId)) === undefined) throw refuse('work_order_not_found')
      const page = await listReports(db, {
        workOrderId,
        descending: query.sort !== 'created_at',
        request: toPageRequest(query),
      })
      const entries = Map.groupBy(
        await listEntriesOfReports(
          db,
          page.rows.map(({ id }) => id),
        ),
        (entry) => entry.report_id,
      )
      return presentPage(page, (report) => toReport(report, entries.get(report.id) ?? []))
    },
  }

  async function logAll(
    trx: Transaction<WorkOrderTables>,
    call: Call,
    { row, entries }: { readonly row: WorkOrderRow; readonly entries: readonly NewEntry[] },
  ): Promise<WorkOrder | undefined> {
    let order: WorkOrder | undefined
    for (const entry of entries) {
      // Each is a version of the order.
      const current = order === undefined ? row : await lockWorkOrder(trx, row.id)
      order = await logOutput(parts, trx, { call, row: current ?? row, entry })
    }
    return order
  }
}

function entriesOf(report: ReportRow, body: ProgressBody): NewEntry[] {
  const common = {
    note: report.note,
    operatorId: report.operator_id,
    reversesId: null,
    reportId: report.id,
    scrapReason: null,
  }
  const entries: NewEntry[] = [
    { ...common, kind: 'good', quantity: body.quantity ?? 0 },
    { ...common, kind: 'scrap', quantity: body.scrap ?? 0, scrapReason: body.scrap_reason ?? 'other' },
    { ...common, kind: 'rework', quantity: body.rework ?? 0 },
  ]
  return entries.filter(({ quantity }) => quantity > 0)
}
