import type { Transaction } from 'kysely'
import { actorOf, type Call } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { requireHand } from './access.ts'
import { refuse } from './errors.ts'
import { isOpen } from './lifecycle.ts'
import type { WorkOrderParts } from './parts.ts'
import { findWorkOrder, listOperators, lockWorkOrder } from './queries.ts'
import type { WorkOrderTables } from './table.ts'
import { allowedActions, type TimeAction, timeStateOf, workedMs } from './time-rules.ts'
import type {
  CurrentWork,
  MyTime,
  OperatorTime,
  OrderTime,
  WorkSession,
  WorkSessionQuery,
} from './time-schemas.ts'
import { statusOf } from './views.ts'
import {
  endCauses,
  endPause,
  endWork,
  findSessions,
  insertSession,
  listRunning,
  listSessions,
  openKey,
  type SessionRow,
} from './work-sessions.ts'

export type WorkTime = ReturnType<typeof createWorkTime>

type Turn = { readonly workOrderId: string; readonly action: TimeAction }

/**
 * The time that operators spend at orders: rows, so that no clock is lost with a process. One operator has one clock at
 * each order, and may mind several orders at once. Time is no change of the order: its version stays as it is.
 */
export function createWorkTime({ db, clock, ids }: Pick<WorkOrderParts, 'db' | 'clock' | 'ids'>) {
  return {
    /** Starts, pauses, resumes or finishes the caller's own time. */
    async turnClock(call: Call<MyTime>, { workOrderId, action }: Turn): Promise<MyTime> {
      const operatorId = actorOf(call).userId
      return await transaction(db, call, async (trx) => {
        await requireWorkplace(trx, call, { workOrderId, action })
        const own = { workOrderId, operatorId }
        const sessions = await findSessions(trx, own)
        const state = timeStateOf(sessions)
        const allowed = allowedActions(state)
        if (!allowed.includes(action))
          throw refuse('time_not_allowed', { details: { state, allowed_actions: allowed } })
        await turn(trx, { ...own, action, last: sessions.at(-1) })
        const now = await findSessions(trx, own)
        return {
          work_order_id: workOrderId,
          ...toOperatorTime(operatorId, now, clock.now()),
          allowed_actions: [...allowedActions(timeStateOf(now))],
        }
      })
    },

    async getOrderTime(workOrderId: string): Promise<OrderTime> {
      const order = await findWorkOrder(db, workOrderId)
      if (order === undefined) throw refuse('work_order_not_found')
      // Nobody resumes what is closed.
      const rest = isOpen(statusOf(order)) ? {} : { state: 'idle' as const }
      const now = clock.now()
      const sessions = await findSessions(db, { workOrderId })
      const byOperator = Map.groupBy(sessions, (session) => session.operator_id)
      return {
        work_order_id: workOrderId,
        worked_ms: workedMs(sessions, now),
        operators: Array.from(byOperator, ([operatorId, own]) => ({
          ...toOperatorTime(operatorId, own, now),
          ...rest,
        })),
      }
    },

    async listSessions(workOrderId: string, query: WorkSessionQuery) {
      if ((await findWorkOrder(db, workOrderId)) === undefined) throw refuse('work_order_not_found')
      const page = await listSessions(db, {
        workOrderId,
        operatorId: query.operator_id,
        request: toPageRequest(query),
      })
      return presentPage(page, toSession)
    },

    /** What the caller's clocks run at. */
    async listCurrentWork(call: Call): Promise<CurrentWork> {
      const now = clock.now()
      const running = await listRunning(db, actorOf(call).userId)
      return {
        data: running.map((row) => ({
          work_order_id: row.work_order_id,
          number: row.number,
          product_name: row.product_name,
          running_since: row.started_at.toISOString(),
          running_ms: workedMs([row], now),
        })),
      }
    },
  }

  /** The order is locked, so that no clock starts while it is held or closed. What is done can be finished any time. */
  async function requireWorkplace(
    trx: Transaction<WorkOrderTables>,
    call: Call,
    { workOrderId, action }: Turn,
  ): Promise<void> {
    const row = await lockWorkOrder(trx, workOrderId)
    if (row === undefined) throw refuse('work_order_not_found')
    const operators = await listOperators(trx, [workOrderId])
    requireHand({ call, operatorIds: operators.get(workOrderId) ?? [] })
    const status = statusOf(row)
    if (action !== 'finish' && status !== 'in_progress')
      throw refuse('not_in_progress', { details: { current_status: status } })
  }

  type Doing = Turn & { readonly operatorId: string; readonly last: SessionRow | undefined }

  async function turn(
    trx: Transaction<WorkOrderTables>,
    { workOrderId, operatorId, action, last }: Doing,
  ): Promise<void> {
    const now = clock.now()
    const own = { workOrderId, operatorId }
    if (action === 'start' || action === 'resume') {
      return await insertSession(trx, {
        id: ids.next(),
        work_order_id: workOrderId,
        operator_id: operatorId,
        started_at: now,
        ended_at: null,
        end_cause: null,
        open_key: openKey(own),
      })
    }
    if (last !== undefined && last.ended_at !== null) return await endPause(trx, last.id)
    await endWork(trx, { ...own, cause: action === 'pause' ? 'paused' : 'finished', now })
  }
}

function toOperatorTime(operatorId: string, sessions: readonly SessionRow[], now: Date): OperatorTime {
  const last = sessions.at(-1)
  return {
    operator_id: operatorId,
    state: timeStateOf(sessions),
    worked_ms: workedMs(sessions, now),
    running_since: last?.ended_at === null ? last.started_at.toISOString() : null,
  }
}

function toSession(row: SessionRow): WorkSession {
  return {
    id: row.id,
    work_order_id: row.work_order_id,
    operator_id: row.operator_id,
    started_at: row.started_at.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
    end_cause: endCauses.find((each) => each === row.end_cause) ?? null,
  }
}
