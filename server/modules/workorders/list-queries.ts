import type { Kysely } from 'kysely'
import { listPage, type Page, type PageRequest, type Sort } from '#platform/database/pages'
import { like } from '#platform/database/search'
import type { WorkOrderRow } from './queries.ts'
import type { WorkOrderQuery } from './schemas.ts'
import type { WorkOrderTables } from './table.ts'

export type WorkOrderFilter = Pick<
  WorkOrderQuery,
  'status' | 'q' | 'priority' | 'overdue' | 'product_id' | 'operator_id'
> & {
  /** The times of the field from the one, itself included, up to the other. */
  readonly times: {
    readonly column: 'deadline_at' | 'created_at'
    readonly from: Date | undefined
    readonly before: Date | undefined
  }
}

const SORTS = {
  created_at: { column: 'created_at', descending: false },
  '-created_at': { column: 'created_at', descending: true },
  deadline: { column: 'deadline_at', descending: false },
  '-deadline': { column: 'deadline_at', descending: true },
} as const

type List = {
  readonly filter: WorkOrderFilter
  readonly sort: keyof typeof SORTS
  readonly request: PageRequest
}

export async function listWorkOrders(
  db: Kysely<WorkOrderTables>,
  { filter, sort, request }: List,
): Promise<Page<WorkOrderRow>> {
  const { column, descending } = SORTS[sort]
  const found = filtered(db, filter)
  const order: Sort = { column: `work_orders.${column}`, holds: 'time', descending }
  return await listPage({
    query: found.selectAll('work_orders'),
    sort: order,
    sortValueOf: (row) => row[column],
    request,
  })
}

function filtered(db: Kysely<WorkOrderTables>, filter: WorkOrderFilter) {
  const { status, q, priority, overdue, times } = filter
  const { product_id: productId, operator_id: operatorId } = filter
  let found = db.selectFrom('work_orders')
  if (status !== undefined) found = found.where('status', '=', status)
  if (priority !== undefined) found = found.where('priority', '=', priority)
  if (productId !== undefined) found = found.where('product_id', '=', productId)
  if (overdue !== undefined) found = found.where('overdue_at', overdue ? 'is not' : 'is', null)
  if (times.from !== undefined) found = found.where(`work_orders.${times.column}`, '>=', times.from)
  if (times.before !== undefined) found = found.where(`work_orders.${times.column}`, '<', times.before)
  if (q !== undefined) found = found.where(like('work_orders.search_text', q))
  if (operatorId !== undefined) {
    found = found.where('work_orders.id', 'in', (eb) =>
      eb.selectFrom('work_order_operators').select('work_order_id').where('operator_id', '=', operatorId),
    )
  }
  return found
}
