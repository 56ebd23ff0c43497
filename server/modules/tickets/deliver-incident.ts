import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { CreatePayload } from './deliver-payloads.ts'
import { type DeliveryRow, updateDelivery } from './deliver-queries.ts'
import type { CatalogueEntry, NewInvgateIncident } from './invgate/contract.ts'
import { InvgateFailure } from './invgate/failure.ts'
import type { InvgateBridge } from './invgate-bridge.ts'
import type { InvgateUsers } from './invgate-users.ts'
import type { TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'

export type DeskParts = { readonly bridge: InvgateBridge; readonly users: InvgateUsers }

const call: Call<unknown> = systemCall

/** An incident. */
const USUAL_TYPE = 1
/** Where InvGate has no list of categories that could be asked for. */
const USUAL_CATEGORY = 1

/** The clocks of two machines differ by less. */
export const CLOCKS_MS = 120_000

/** Everything that InvGate wants to know of a new ticket. To ask it for some of that makes no ticket yet. */
export async function describeIncident(
  { bridge, users }: DeskParts,
  row: TicketRow,
): Promise<NewInvgateIncident> {
  return await beforehand(async () => {
    const creator = await users.provide(row.creator_id)
    const customer = row.customer_id === row.creator_id ? creator : await users.provide(row.customer_id)
    return {
      reference: row.reference,
      title: row.title,
      description: row.description,
      creator,
      customer,
      categoryId: row.category_id ?? (await usualCategory(bridge)),
      typeId: row.type_id ?? USUAL_TYPE,
      priorityId: row.priority_id,
      sourceId: row.source_id,
      files: [],
    }
  })
}

/** Keeps in whose name an incident is about to be made: in the simple dialect that is an address, which may change. */
export async function keepCreator(
  { bridge, db }: DeskParts & Pick<TicketParts, 'db'>,
  delivery: Pick<DeliveryRow, 'id' | 'attempts'>,
  { creator }: Pick<NewInvgateIncident, 'creator'>,
): Promise<void> {
  if (bridge.desk.abilities.has('users')) return
  const payload: CreatePayload = { creator }
  const change = { payload: JSON.stringify(payload) }
  await transaction(db, call, async (trx) => await updateDelivery(trx, delivery, change))
}

/** An incident that InvGate may have made, if it has. */
export async function findMade(
  { bridge, users }: DeskParts,
  row: TicketRow,
  { creator }: CreatePayload,
): Promise<{ readonly id: string } | null> {
  // The real one lists by the customer, the simple dialect by the creator.
  const owner = bridge.desk.abilities.has('users') ? row.customer_id : row.creator_id
  return await beforehand(async () => {
    const person = creator ?? (await users.provide(owner))
    const since = new Date(row.created_at.getTime() - CLOCKS_MS)
    return await bridge.desk.findByReference(row.reference, { ...person, since })
  })
}

async function usualCategory(bridge: InvgateBridge): Promise<number> {
  const all = await bridge.catalogues('categories')
  const first = all.reduce<CatalogueEntry | null>(
    (least, entry) => (least === null || entry.id < least.id ? entry : least),
    null,
  )
  return first?.id ?? USUAL_CATEGORY
}

/** Whatever fails before the request that counts, that one was never sent. */
export async function beforehand<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof InvgateFailure) || !error.mayBeDone) throw error
    const { code, message, status, retryAfterMs } = error
    throw new InvgateFailure({ code, message, mayBeDone: false, status, retryAfterMs, cause: error })
  }
}
