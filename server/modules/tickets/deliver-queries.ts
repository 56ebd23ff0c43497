import type { Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import { rowCount } from '#platform/database/pages'
import type { InvgateDeliveryTable } from './invgate-tables.ts'
import type { TicketTables } from './table.ts'

export type DeliveryRow = Selectable<InvgateDeliveryTable>

/** What is still to be done, or may have been done without our knowing. */
const OPEN = ['pending', 'uncertain'] as const

export async function insertDelivery(
  trx: Transaction<TicketTables>,
  row: Insertable<InvgateDeliveryTable>,
): Promise<void> {
  await trx.insertInto('invgate_deliveries').values(row).execute()
}

/**
 * The next of a ticket's deliveries that is not done; none while the ticket itself could not be made at InvGate. To be
 * made comes first, whatever the clock of the host says that has noted something else.
 */
export async function findNextDelivery(
  db: Kysely<TicketTables>,
  ticketId: string,
): Promise<DeliveryRow | undefined> {
  const row = await db
    .selectFrom('invgate_deliveries')
    .selectAll()
    .where('ticket_id', '=', ticketId)
    .where((eb) =>
      eb.or([eb('state', 'in', OPEN), eb.and([eb('kind', '=', 'create'), eb('state', '=', 'failed')])]),
    )
    .orderBy((eb) => eb.case().when('kind', '=', 'create').then(eb.lit(0)).else(eb.lit(1)).end())
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return row?.kind === 'create' && row.state === 'failed' ? undefined : row
}

/** Changes a delivery unless somebody else has tried it since `attempts` were made of it; then the answer is false. */
export async function updateDelivery(
  trx: Transaction<TicketTables>,
  { id, attempts }: Pick<DeliveryRow, 'id' | 'attempts'>,
  change: Updateable<InvgateDeliveryTable>,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('invgate_deliveries')
    .set(change)
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .where('state', 'in', OPEN)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function listDeliveryStates(
  trx: Transaction<TicketTables>,
  ticketId: string,
): Promise<readonly Pick<DeliveryRow, 'state' | 'last_error'>[]> {
  return await trx
    .selectFrom('invgate_deliveries')
    .select(['state', 'last_error'])
    .where('ticket_id', '=', ticketId)
    .where('state', '!=', 'done')
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** Has what failed for good tried again. */
export async function renewFailedDeliveries(
  trx: Transaction<TicketTables>,
  { ticketId, now }: { readonly ticketId: string; readonly now: Date },
): Promise<void> {
  await trx
    .updateTable('invgate_deliveries')
    .set({ state: 'pending', attempts: 0, updated_at: now })
    .where('ticket_id', '=', ticketId)
    .where('state', '=', 'failed')
    .execute()
}

/** How many deliveries are in each state but the last, and since when the oldest waits. */
export async function countDeliveries(db: Kysely<TicketTables>) {
  const rows = await db
    .selectFrom('invgate_deliveries')
    .select(({ fn }) => ['state', rowCount, fn.min('created_at').as('oldest_at')])
    .where('state', 'in', [...OPEN, 'failed'])
    .groupBy('state')
    .execute()
  const of = (state: string) => rows.find((row) => row.state === state)?.count ?? 0
  const oldest = rows
    .filter(({ state }) => state !== 'failed')
    .map(({ oldest_at: at }) => new Date(at).getTime())
  return {
    pending: of('pending'),
    uncertain: of('uncertain'),
    failed: of('failed'),
    oldestAt: oldest.length === 0 ? null : new Date(Math.min(...oldest)),
  }
}

/** The latest failures, of whatever passes or does not. */
export async function listTroubledDeliveries(db: Kysely<TicketTables>, limit: number) {
  return await db
    .selectFrom('invgate_deliveries')
    .innerJoin('tickets', 'tickets.id', 'invgate_deliveries.ticket_id')
    .select([
      'ticket_id',
      'tickets.number',
      'kind',
      'state',
      'attempts',
      'last_error',
      'invgate_deliveries.updated_at',
    ])
    .where('state', 'in', [...OPEN, 'failed'])
    .where('last_error', 'is not', null)
    .orderBy('invgate_deliveries.updated_at', 'desc')
    .limit(limit)
    .execute()
}

export async function findLastDelivered(db: Kysely<TicketTables>): Promise<Date | null> {
  const row = await db
    .selectFrom('invgate_deliveries')
    .select('done_at')
    .where('done_at', 'is not', null)
    .orderBy('done_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.done_at ?? null
}
