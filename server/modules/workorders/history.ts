import { knownWord } from '#platform/database/words'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { type ChangeRow, type HoldRow, listChanges, listHolds } from './change-queries.ts'
import { refuse } from './errors.ts'
import type { HistoryQuery, Hold, StatusChange } from './history-schemas.ts'
import { holdReasons, workOrderStatuses } from './lifecycle.ts'
import type { WorkOrderParts } from './parts.ts'
import { findWorkOrder } from './queries.ts'

export type History = ReturnType<typeof createHistory>

/** What has become of a work order, and what it waited for. */
export function createHistory({ db }: Pick<WorkOrderParts, 'db'>) {
  return {
    async listStatusChanges(id: string, query: HistoryQuery) {
      return presentPage(await listChanges(db, await toList(id, query)), toStatusChange)
    },

    async listHolds(id: string, query: HistoryQuery) {
      return presentPage(await listHolds(db, await toList(id, query)), toHold)
    },
  }

  async function toList(id: string, query: HistoryQuery) {
    if ((await findWorkOrder(db, id)) === undefined) throw refuse('work_order_not_found')
    return { workOrderId: id, descending: query.sort === '-created_at', request: toPageRequest(query) }
  }
}

function toStatusChange(row: ChangeRow): StatusChange {
  const { from_status: from, hold_reason: holdReason } = row
  return {
    id: row.id,
    work_order_id: row.work_order_id,
    from: from === null ? null : knownWord(workOrderStatuses, from, `the work order ${row.work_order_id}`),
    status: knownWord(workOrderStatuses, row.to_status, `the work order ${row.work_order_id}`),
    quantity: row.quantity,
    scrap: row.scrap,
    produced: Number(row.produced),
    hold_reason:
      holdReason === null ? null : knownWord(holdReasons, holdReason, `the work order ${row.work_order_id}`),
    note: row.note,
    actor_id: row.actor_id,
    actor_name: [row.actor_name, row.actor_lastname].filter(Boolean).join(' ') || null,
    created_at: row.created_at.toISOString(),
  }
}

function toHold(row: HoldRow): Hold {
  const { started_at: startedAt, ended_at: endedAt } = row
  return {
    id: row.id,
    work_order_id: row.work_order_id,
    reason: knownWord(holdReasons, row.reason, `the work order ${row.work_order_id}`),
    note: row.note,
    started_by: row.started_by,
    started_at: startedAt.toISOString(),
    ended_at: endedAt?.toISOString() ?? null,
    duration_ms: endedAt === null ? null : endedAt.getTime() - startedAt.getTime(),
  }
}
