import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { keepClocks } from './clocks.ts'
import { deliverMove } from './deliver-moves.ts'
import { type TicketHappening, ticketEvent } from './events.ts'
import { atOneMoment, type TicketParts } from './parts.ts'
import { listTags, listWatchers, type TicketRow, updateTicket } from './queries.ts'
import type { Ticket } from './schemas.ts'
import { recordSpan } from './spans.ts'
import type { TicketTables } from './table.ts'
import { type Attributes, toTicket } from './views.ts'
import { keepWaits } from './waits.ts'

type Change = {
  readonly call: Call
  /** Locked. */
  readonly row: TicketRow
  readonly change: Partial<TicketRow>
  readonly happening: TicketHappening
}

/**
 * Writes a change of a ticket whose row is locked, with everything that follows from it: the stretch of its life, its
 * clocks and its event. Its tags and watchers are read here, so they are written before. Rows are locked in one
 * sequence everywhere: the ticket, what belongs to it, its deliveries, its timers.
 */
export async function changeTicket(
  given: TicketParts,
  trx: Transaction<TicketTables>,
  { call, row, change, happening }: Change,
): Promise<Ticket> {
  const parts = atOneMoment(given, row)
  const now = parts.clock.now()
  const changed: TicketRow = { ...row, ...change, version: row.version + 1, updated_at: now }
  const ticket = toTicket(changed, await attributesOf(trx, row.id))
  await updateTicket(trx, row.id, changed)
  await recordSpan(parts, trx, { call, before: row, after: changed })
  const deadlines = await keepClocks(parts, trx, { before: row, after: changed })
  await keepWaits(parts, trx, { before: row, after: changed })
  await deliverMove(parts, trx, { call, before: row, after: changed })
  await parts.outbox.append(trx, call, ticketEvent(ticket, { happening, deadlines, before: row }))
  return ticket
}

export async function attributesOf(trx: Transaction<TicketTables>, id: string): Promise<Attributes> {
  const tags = await listTags(trx, [id])
  const watchers = await listWatchers(trx, [id])
  return { tags: tags.get(id) ?? [], watcherIds: watchers.get(id) ?? [] }
}
