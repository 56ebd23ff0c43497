import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { refuse as refusePlatform } from '#platform/errors'
import { isManager } from './access.ts'
import { consumeMaterials } from './bills.ts'
import { lockDemand, noteOutput } from './demand.ts'
import { refuse } from './errors.ts'
import { type EntryKind, isMadeForShop, type ScrapReason } from './lifecycle.ts'
import { findLastOutput, insertEntry } from './log-queries.ts'
import type { WorkOrderParts } from './parts.ts'
import { NOTHING, progressOf, type Totals } from './quantities.ts'
import { findWorkOrder, lockWorkOrder, sumOutput, type WorkOrderRow } from './queries.ts'
import type { WorkOrder } from './schemas.ts'
import type { WorkOrderTables } from './table.ts'
import { statusOf } from './views.ts'
import { changeWorkOrder } from './work-order-changes.ts'

/** As of each report, so that what an order has taken of its components stays an exact number. */
const MOST_LOST = 1_000_000_000

type LogParts = Pick<WorkOrderParts, 'clock' | 'ids' | 'outbox' | 'timers' | 'businessDays'>

export type NewEntry = {
  readonly kind: EntryKind
  /** Above zero; below it only where it takes another entry back. */
  readonly quantity: number
  /** Null for what is no scrap. */
  readonly scrapReason: ScrapReason | null
  readonly note: string | null
  /** Whose work it was. */
  readonly operatorId: string | null
  readonly reversesId: string | null
  readonly reportId?: string
  /** By default a new one. */
  readonly id?: string
}

type Logging = {
  readonly call: Call
  /** Locked after the demand of its product, as by `lockForOutput`. */
  readonly row: WorkOrderRow
  readonly entry: NewEntry
}

/**
 * Locks an order for an entry in its log: the demand of its product first, as everywhere. Undefined where there is none.
 */
export async function lockForOutput(
  trx: Transaction<WorkOrderTables>,
  id: string,
): Promise<WorkOrderRow | undefined> {
  const known = await findWorkOrder(trx, id)
  if (known === undefined) return undefined
  if (known.product_id !== null) await lockDemand(trx, known.product_id)
  const row = await lockWorkOrder(trx, id)
  // Somebody has just made it an order for something else, whose demand would have had to be locked before it.
  if (row?.product_id !== known.product_id) throw refusePlatform('unavailable', { retryAfterSeconds: 1 })
  return row
}

/**
 * Writes an entry in the production log of an order (W5), with what follows from it: the components that it takes, the
 * supply of its product, the forecast of the order and its event. Of the kinds, `good` alone counts toward the target;
 * `scrap` is lost; `rework` are pieces that had to be worked on again and are neither good nor lost yet, so whoever has
 * mended them logs them as good ones, or as scrap.
 * Refuses with 409 what comes while the order is not in progress (a manager may add while it is held what was made
 * before) and good ones beyond the quantity and the manager's allowance. Who may do it is for the caller to see to.
 */
export async function logOutput(
  parts: LogParts,
  trx: Transaction<WorkOrderTables>,
  { call, row, entry }: Logging,
): Promise<WorkOrder> {
  const { kind, quantity } = entry
  const before = (await sumOutput(trx, [row.id])).get(row.id) ?? NOTHING
  const isReversal = entry.reversesId !== null
  if (!isReversal) {
    refuseUnlessAtWork(call, row)
    refuseBeyondAllowance(row, before, entry)
    refuseBeyondCount(before, entry)
  }
  const now = parts.clock.now()
  const id = entry.id ?? parts.ids.next()
  await insertEntry(trx, {
    id,
    work_order_id: row.id,
    kind,
    quantity,
    scrap_reason: entry.scrapReason,
    note: entry.note,
    reverses_id: entry.reversesId,
    report_id: entry.reportId ?? null,
    operator_id: entry.operatorId,
    recorded_by: call.actor?.userId ?? null,
    business_day: parts.businessDays.dayOf(now),
    created_at: now,
  })
  const after = { ...before, [kind]: before[kind] + quantity }
  if (kind === 'good' && row.product_id !== null && isMadeForShop(row))
    await noteOutput(trx, { productId: row.product_id, quantity })
  const materials = await consumeMaterials(trx, { row, after })
  return await changeWorkOrder(parts, trx, {
    call,
    row,
    change: { last_output_at: isReversal ? await findLastOutput(trx, row.id) : now },
    happening: { what: 'output_logged', output: { entryId: id, kind, quantity, materials } },
  })
}

function refuseUnlessAtWork(call: Call, row: WorkOrderRow): void {
  const status = statusOf(row)
  if (status === 'in_progress' || (status === 'on_hold' && isManager(call))) return
  throw refuse('not_in_progress', { details: { current_status: status } })
}

function refuseBeyondAllowance(row: WorkOrderRow, totals: Totals, { kind, quantity }: NewEntry): void {
  const available = row.quantity + row.allowance - totals.good
  if (kind !== 'good' || quantity <= available) return
  throw refuse('output_beyond_allowance', {
    details: {
      quantity: row.quantity,
      allowance: row.allowance,
      produced: totals.good,
      remaining: progressOf(row, totals).remaining,
      available: Math.max(0, available),
    },
  })
}

function refuseBeyondCount(totals: Totals, { kind, quantity }: NewEntry): void {
  if (kind === 'good' || totals[kind] + quantity <= MOST_LOST) return
  const counted = totals[kind]
  throw refuse('count_too_large', {
    details: { kind, counted, most: MOST_LOST, available: MOST_LOST - counted },
  })
}
