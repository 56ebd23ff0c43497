import type { Transaction } from 'kysely'
import { actorOf, type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { getTicketRow } from './access.ts'
import { isAtDesk } from './edit-ticket.ts'
import { refuse } from './errors.ts'
import { deleteLinks, insertLinks, type LinkRow, listLinks } from './link-queries.ts'
import { requireUnmerged } from './message-rules.ts'
import { columnsOf } from './move-ticket.ts'
import type { TicketParts } from './parts.ts'
import { listWatchers, lockTicket, type TicketRow } from './queries.ts'
import type { Ticket } from './schemas.ts'
import type { TicketTables } from './table.ts'
import { changeTicket } from './ticket-changes.ts'
import { addWatchers } from './watchers.ts'

export type MergeTickets = ReturnType<typeof createMergeTickets>

type Both = { readonly merged: TicketRow; readonly target: TicketRow }

/**
 * Has two tickets about one thing go on as one. The merged one ends, keeps what was said and says where it goes on;
 * those who watch it watch the other as well where they may, and what it was linked to is linked there. The customers
 * stay whose they are: nobody comes to see the ticket of somebody else by this.
 */
export function createMergeTickets(parts: TicketParts) {
  const { db, clock } = parts
  return async function mergeTickets(call: Call<Ticket>, reference: string, into: string): Promise<Ticket> {
    // Whether they may be merged is decided once both are locked.
    const [{ id: mergedId }, { id: targetId }] = [
      await getTicketRow(db, call, reference),
      await getTicketRow(db, call, into),
    ]
    if (mergedId === targetId) throw refuse('merged_into_itself')
    return await transaction(db, call, async (trx) => {
      const both = await lockBoth(trx, { mergedId, targetId })
      checkVersion(call, both.merged)
      requireMergeable(both)
      const { merged, target } = both
      await moveBelongings(parts, trx, { call, ...both })
      await changeTicket(parts, trx, {
        call,
        row: target,
        change: {},
        happening: { what: 'updated' },
      })
      return await changeTicket(parts, trx, {
        call,
        row: merged,
        change: { ...columnsOf(merged, { status: 'cancelled' }, clock.now()), merged_into_id: target.id },
        happening: { what: 'merged', intoId: target.id },
      })
    })
  }
}

type Ids = { readonly mergedId: string; readonly targetId: string }

/** In the sequence of their ids, so that two merges of the same two tickets wait for each other. */
async function lockBoth(trx: Transaction<TicketTables>, { mergedId, targetId }: Ids): Promise<Both> {
  const rows = new Map<string, TicketRow>()
  for (const id of [mergedId, targetId].toSorted()) {
    const row = await lockTicket(trx, id)
    if (row !== undefined) rows.set(id, row)
  }
  const [merged, target] = [rows.get(mergedId), rows.get(targetId)]
  if (merged === undefined || target === undefined) throw refuse('ticket_not_found')
  return { merged, target }
}

function requireMergeable({ merged, target }: Both): void {
  requireUnmerged(merged)
  requireUnmerged(target)
  if (hasEnded(merged)) throw refuse('ticket_ended', { details: { current_status: merged.status } })
  if (hasEnded(target)) throw refuse('merge_target_ended', { details: { current_status: target.status } })
}

export function hasEnded({ status }: Pick<TicketRow, 'status'>): boolean {
  return status === 'closed' || status === 'cancelled'
}

type Merging = Both & { readonly call: Call }

async function moveBelongings(
  { clock, ids }: Pick<TicketParts, 'clock' | 'ids'>,
  trx: Transaction<TicketTables>,
  { call, merged, target }: Merging,
): Promise<void> {
  const watchers = await listWatchers(trx, [merged.id, target.id])
  const known = new Set(watchers.get(target.id))
  const others = (watchers.get(merged.id) ?? []).filter((id) => !known.has(id))
  await addWatchers(trx, target.id, await whoMaySee(trx, { merged, target }, others))

  const links = await listLinks(trx, merged.id)
  const there = await listLinks(trx, target.id)
  await deleteLinks(
    trx,
    links.map(({ id }) => id),
  )
  const trace: LinkRow = {
    id: ids.next(),
    ticket_id: target.id,
    kind: 'ticket',
    record_id: merged.id,
    label: merged.number,
    relation: 'merged',
    created_by: actorOf(call).userId,
    created_at: clock.now(),
  }
  const moved = links
    .filter((link) => !isAmong(there, link) && !isOf(target, link))
    .map((link) => ({ ...link, ticket_id: target.id }))
  await deleteLinks(
    trx,
    there.filter((link) => isOf(merged, link)).map(({ id }) => id),
  )
  await insertLinks(trx, [...moved, trace])
}

/** What is somebody else's is for them, and for the desk; those who watch one ticket of a customer may watch the other. */
async function whoMaySee(
  trx: Transaction<TicketTables>,
  { merged, target }: Both,
  userIds: readonly string[],
): Promise<readonly string[]> {
  if (merged.customer_id === target.customer_id) return userIds
  const found: string[] = []
  for (const id of userIds)
    if (id === target.customer_id || id === target.creator_id || (await isAtDesk(trx, id))) found.push(id)
  return found
}

function isAmong(links: readonly LinkRow[], { kind, record_id: recordId }: LinkRow): boolean {
  return links.some((link) => link.kind === kind && link.record_id === recordId)
}

function isOf({ id }: TicketRow, link: LinkRow): boolean {
  return link.kind === 'ticket' && link.record_id === id
}
