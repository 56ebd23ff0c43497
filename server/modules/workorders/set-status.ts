import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { actorOf } from '#platform/call'
import { invalidField } from '#platform/errors'
import { isManager } from './access.ts'
import { reconcileDemand } from './demand.ts'
import { refuse } from './errors.ts'
import { allowedTransitions } from './lifecycle.ts'
import { moveWorkOrder } from './move-work-order.ts'
import type { WorkOrderParts } from './parts.ts'
import { logOutput, type NewEntry } from './production-log.ts'
import { lockWorkOrder, type WorkOrderRow } from './queries.ts'
import type { StatusBody, WorkOrder } from './schemas.ts'
import type { WorkOrderTables } from './table.ts'
import { statusOf, toWorkOrder } from './views.ts'
import { extentOf } from './work-order-changes.ts'

type Wish = {
  readonly call: Call
  /** Locked after the demand of its product. */
  readonly row: WorkOrderRow
  readonly body: StatusBody
}

/**
 * Moves an order on for somebody who may, with what was made since the last report: after the move where the work only
 * begins with it, otherwise before it. Refuses what the life of an order does not know with 409.
 */
export async function setStatus(
  { clock, ...rest }: WorkOrderParts,
  trx: Transaction<WorkOrderTables>,
  { call, row, body }: Wish,
): Promise<WorkOrder> {
  // The move and what is reported with it happen at one moment.
  const now = clock.now()
  const parts = { ...rest, clock: { now: () => now } }
  refuseTransition({ call, row, body })
  refuseMisplacedReason(body)
  const entries = entriesOf(call, body)
  if (body.status === 'in_progress') {
    const moved = await move(row)
    const order = (await logAll(entries)) ?? moved
    return isMadeAlready(row, order) ? await settle(row.product_id) : order
  }
  await logAll(entries)
  const order = await move(await current())
  // Whoever completes it by hand while orders still wait leaves something to be made.
  if (body.status === 'completed' && row.demand_key !== null && row.product_id !== null)
    await reconcileDemand(parts, trx, { call, productId: row.product_id })
  return order

  async function move(locked: WorkOrderRow): Promise<WorkOrder> {
    const { status, note = null, hold_reason: holdReason, quantity, scrap } = body
    return await moveWorkOrder(parts, trx, {
      call,
      row: locked,
      status,
      note,
      holdReason: holdReason ?? 'other',
      reported: { quantity: quantity ?? 0, scrap: scrap ?? 0 },
    })
  }

  async function logAll(news: readonly NewEntry[]): Promise<WorkOrder | undefined> {
    let logged: WorkOrder | undefined
    for (const entry of news) logged = await logOutput(parts, trx, { call, row: await current(), entry })
    return logged
  }

  /** All who waited left or got theirs while it was held, which is when nobody could complete it. */
  async function settle(productId: string): Promise<WorkOrder> {
    await reconcileDemand(parts, trx, { call, productId })
    return toWorkOrder(await current(), await extentOf(trx, row.id))
  }

  /** Each step is a version of the order. */
  async function current(): Promise<WorkOrderRow> {
    return (await lockWorkOrder(trx, row.id)) ?? row
  }
}

/** Whether an order for those who wait goes on with nothing left to make. */
function isMadeAlready(
  before: WorkOrderRow,
  { remaining }: WorkOrder,
): before is WorkOrderRow & { readonly product_id: string } {
  const isForDemand = before.demand_key !== null && before.product_id !== null
  return isForDemand && before.status === 'on_hold' && remaining === 0
}

function refuseTransition({ call, row, body }: Wish): void {
  const status = statusOf(row)
  const allowed = allowedTransitions(status, { isManager: isManager(call) })
  if (allowed.includes(body.status)) return
  throw refuse('invalid_transition', {
    details: { current_status: status, wanted: body.status, allowed_transitions: allowed },
  })
}

function refuseMisplacedReason({ status, hold_reason: reason }: StatusBody): void {
  if (typeof reason !== 'string' || status === 'on_hold') return
  throw invalidField({
    pointer: '/hold_reason',
    code: 'invalid',
    text: { en: 'belongs to the status on_hold', id: 'hanya untuk status on_hold' },
  })
}

function entriesOf(call: Call, { quantity, scrap, scrap_reason: reason, note }: StatusBody): NewEntry[] {
  const common = { note: note ?? null, operatorId: actorOf(call).userId, reversesId: null }
  const entries: NewEntry[] = [
    { ...common, kind: 'good', quantity: quantity ?? 0, scrapReason: null },
    { ...common, kind: 'scrap', quantity: scrap ?? 0, scrapReason: reason ?? 'other' },
  ]
  return entries.filter((entry) => entry.quantity > 0)
}
