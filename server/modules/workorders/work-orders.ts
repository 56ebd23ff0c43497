import { addDays } from '#platform/business-days'
import { actorOf, type Call } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { assignmentAfter, NOBODY, requireOperators } from './assignment.ts'
import { refuse } from './errors.ts'
import { listWorkOrders, type WorkOrderFilter } from './list-queries.ts'
import { readDeadline, readStart } from './moments.ts'
import { openWorkOrder } from './open-work-order.ts'
import type { WorkOrderParts } from './parts.ts'
import { chooseProduct } from './product-choice.ts'
import { NOTHING } from './quantities.ts'
import { findWorkOrder, listOperators, sumOutput } from './queries.ts'
import type { WorkOrder, WorkOrderBody, WorkOrderQuery } from './schemas.ts'
import { toWorkOrder } from './views.ts'

export type WorkOrders = ReturnType<typeof createWorkOrderUseCases>

/** Opening work orders and finding them (W1, W3, W4). Whoever may read one may read all: the board of the shop floor. */
export function createWorkOrderUseCases(parts: WorkOrderParts) {
  const { db, businessDays } = parts
  return {
    async createWorkOrder(call: Call<WorkOrder>, body: WorkOrderBody): Promise<WorkOrder> {
      return await transaction(db, call, async (trx) => {
        await requireOperators(trx, { wanted: body, assigned: [] })
        return await openWorkOrder(parts, trx, {
          call,
          order: {
            origin: 'manual',
            ...(await chooseProduct(trx, body)),
            quantity: body.quantity,
            allowance: body.allowance ?? 0,
            priority: body.priority ?? 'normal',
            ...assignmentAfter(NOBODY, body),
            ...timesOf(body),
            notes: body.notes ?? null,
          },
        })
      })
    },

    async getWorkOrder(id: string): Promise<WorkOrder> {
      const row = await findWorkOrder(db, id)
      if (row === undefined) throw refuse('work_order_not_found')
      return toWorkOrder(row, (await extentsOf([id]))(id))
    },

    async listWorkOrders(query: WorkOrderQuery) {
      return await list(query)
    },

    /** Those that the caller works on. */
    async listAssigned(call: Call, query: WorkOrderQuery) {
      return await list({ ...query, operator_id: actorOf(call).userId })
    },
  }

  async function list(query: WorkOrderQuery) {
    const page = await listWorkOrders(db, {
      filter: { ...query, times: timesBetween(query) },
      sort: query.sort ?? '-created_at',
      request: toPageRequest(query),
    })
    const extentOf = await extentsOf(page.rows.map(({ id }) => id))
    return presentPage(page, (row) => toWorkOrder(row, extentOf(row.id)))
  }

  async function extentsOf(ids: readonly string[]) {
    const [totals, operators] = await Promise.all([sumOutput(db, ids), listOperators(db, ids)])
    return (id: string) => ({ totals: totals.get(id) ?? NOTHING, operatorIds: operators.get(id) ?? [] })
  }

  function timesOf({ deadline, planned_start: start }: WorkOrderBody) {
    return {
      deadlineAt: readDeadline(businessDays, { text: deadline, pointer: '/deadline' }),
      plannedStartAt:
        typeof start === 'string'
          ? readStart(businessDays, { text: start, pointer: '/planned_start' })
          : null,
    }
  }

  function timesBetween({ date_from: from, date_to: to, date_field: field }: WorkOrderQuery) {
    if (from !== undefined && to !== undefined && from > to) throw wrongDays()
    const times: WorkOrderFilter['times'] = {
      column: field === 'created_at' ? 'created_at' : 'deadline_at',
      from: from === undefined ? undefined : businessDays.startOf(from),
      before: to === undefined ? undefined : businessDays.startOf(addDays(to, 1)),
    }
    return times
  }
}

function wrongDays() {
  const text = { en: 'must not be before `date_from`', id: 'tidak boleh sebelum `date_from`' }
  return invalidField({ pointer: 'date_to', code: 'invalid', text })
}
