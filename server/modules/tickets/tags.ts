import type { Transaction } from 'kysely'
import { fold } from '#platform/database/search'
import { listTags } from './queries.ts'
import type { TicketTables } from './table.ts'

/** Tags as they are kept: in small letters, each once, in the order of the alphabet. */
export function toTags(given: readonly string[]): string[] {
  return [...new Set(given.map((tag) => fold(tag, 60)))].toSorted()
}

/** Gives a ticket whose row is locked these tags; false where it has them already. */
export async function replaceTags(
  trx: Transaction<TicketTables>,
  ticketId: string,
  tags: readonly string[],
): Promise<boolean> {
  const current = (await listTags(trx, [ticketId])).get(ticketId) ?? []
  if (current.length === tags.length && tags.every((tag) => current.includes(tag))) return false
  await trx.deleteFrom('ticket_tags').where('ticket_id', '=', ticketId).execute()
  if (tags.length > 0)
    await trx
      .insertInto('ticket_tags')
      .values(tags.map((tag) => ({ ticket_id: ticketId, tag })))
      .execute()
  return true
}
