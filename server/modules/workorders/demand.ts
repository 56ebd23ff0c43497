import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { WorkOrderParts } from './parts.ts'
import type { WorkOrderTables } from './table.ts'

export async function lockDemand(_trx: Transaction<WorkOrderTables>, _productId: string): Promise<void> {}

export async function noteOutput(
  _trx: Transaction<WorkOrderTables>,
  _output: { readonly productId: string; readonly quantity: number },
): Promise<void> {}

export async function reconcileDemand(
  _parts: WorkOrderParts,
  _trx: Transaction<WorkOrderTables>,
  _demand: { readonly call: Call; readonly productId: string },
): Promise<void> {}
