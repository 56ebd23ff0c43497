import type { Transaction } from 'kysely'
import { addDays } from '#platform/business-days'
import type { Call } from '#platform/call'
import { lockDemandOrder, lockDemandRow, updateDemand } from './demand-queries.ts'
import { readDeadline } from './moments.ts'
import { moveWorkOrder } from './move-work-order.ts'
import { openWorkOrder } from './open-work-order.ts'
import type { WorkOrderParts } from './parts.ts'
import { NOTHING } from './quantities.ts'
import { findProduct, sumOutput, type WorkOrderRow } from './queries.ts'
import type { WorkOrderTables } from './table.ts'
import { changeWorkOrder } from './work-order-changes.ts'

const DAYS_UNTIL_DEADLINE = 7
/** The reason of the cancellation; a word that programs know, as nobody has written it. */
const NOBODY_WAITS = 'nobody_waits'

/** Makes everybody else who changes the demand of a product, or makes some of it, wait until the transaction ends. */
export async function lockDemand(trx: Transaction<WorkOrderTables>, productId: string): Promise<void> {
  await lockDemandRow(trx, productId)
}

/** Counts good output that is announced in this transaction, whatever order it is of; below zero where it is taken back. */
export async function noteOutput(
  trx: Transaction<WorkOrderTables>,
  { productId, quantity }: { readonly productId: string; readonly quantity: number },
): Promise<void> {
  const { produced } = await lockDemandRow(trx, productId)
  await updateDemand(trx, productId, { produced: produced + quantity })
}

type Numbers = { readonly waiting: number; readonly received: number; readonly produced: number }

/** What orders wait for beyond what is made already and on its way to the shop. */
export function outstandingOf({ waiting, received, produced }: Numbers): number {
  return Math.max(0, waiting - (produced - received))
}

type Demand = { readonly call: Call; readonly productId: string }

/**
 * Has the one open order for those who wait make exactly what is outstanding: opens it, enlarges or shrinks it, and
 * closes it when nobody waits any more: by cancelling it while nothing is made, else by completing it as soon as what
 * is made of it is all that it is to make.
 */
export async function reconcileDemand(
  parts: WorkOrderParts,
  trx: Transaction<WorkOrderTables>,
  { call: theirs, productId }: Demand,
): Promise<void> {
  // It is the program that decides, whoever has occasioned it.
  const call = { ...theirs, actor: null }
  const demand = await lockDemandRow(trx, productId)
  const outstanding = outstandingOf(demand)
  const row = await lockDemandOrder(trx, productId)
  if (row === undefined) {
    if (outstanding > 0) await open()
    return
  }
  const { good } = (await sumOutput(trx, [row.id])).get(row.id) ?? NOTHING
  if (good + outstanding <= 0) {
    await moveWorkOrder(parts, trx, { call, row, status: 'cancelled', note: NOBODY_WAITS })
    return
  }
  const resized = await resize(row, good + outstanding)
  if (outstanding === 0 && resized.status === 'in_progress')
    await moveWorkOrder(parts, trx, { call, row: resized, status: 'completed', note: null })

  async function open(): Promise<void> {
    const { clock, businessDays } = parts
    const product = await findProduct(trx, productId)
    const text = addDays(businessDays.dayOf(clock.now()), DAYS_UNTIL_DEADLINE)
    await openWorkOrder(parts, trx, {
      call,
      order: {
        origin: 'demand',
        productId,
        productName: product?.name ?? demand.product_name,
        quantity: outstanding,
        allowance: 0,
        priority: 'normal',
        operatorId: null,
        operatorIds: [],
        plannedStartAt: null,
        deadlineAt: readDeadline(businessDays, { text, pointer: '/deadline' }),
        notes: null,
        demandKey: productId,
      },
    })
  }

  async function resize(before: WorkOrderRow, quantity: number): Promise<WorkOrderRow> {
    if (before.quantity === quantity) return before
    const change = { quantity }
    await changeWorkOrder(parts, trx, { call, row: before, change, happening: { what: 'updated' } })
    return (await lockDemandOrder(trx, productId)) ?? before
  }
}
