import type { Transaction } from 'kysely'
import { findPerson, isThere } from '#modules/people'
import { actorOf, type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { getLockedTicket, isStaff } from './access.ts'
import { refuse } from './errors.ts'
import { peopleIn } from './parties.ts'
import type { TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import type { Ticket } from './schemas.ts'
import type { TicketTables } from './table.ts'
import { attributesOf, changeTicket } from './ticket-changes.ts'
import { toTicket } from './views.ts'

export type Watchers = ReturnType<typeof createWatchers>

/**
 * Those who see a ticket that is not theirs. The desk says who; everybody may stop watching, or begin to watch what
 * they see already.
 */
export function createWatchers(parts: TicketParts) {
  const { db } = parts
  return {
    async addWatcher(call: Call<Ticket>, reference: string, userId: string): Promise<Ticket> {
      return await transaction(db, call, async (trx) => {
        const row = await getWatchable(trx, call, { reference, userId })
        const attributes = await attributesOf(trx, row.id)
        if (attributes.watcherIds.includes(userId)) return toTicket(row, attributes)
        await requireKnown(trx, call, userId)
        await addWatchers(trx, row.id, [userId])
        return await changeTicket(parts, trx, { call, row, change: {}, happening: { what: 'updated' } })
      })
    },

    async removeWatcher(call: Call<void>, reference: string, userId: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const row = await getWatchable(trx, call, { reference, userId })
        const { numDeletedRows } = await trx
          .deleteFrom('ticket_watchers')
          .where('ticket_id', '=', row.id)
          .where('user_id', '=', userId)
          .executeTakeFirst()
        if (numDeletedRows > 0n)
          await changeTicket(parts, trx, { call, row, change: {}, happening: { what: 'updated' } })
      })
    },
  }
}

type Watching = { readonly reference: string; readonly userId: string }

async function getWatchable(
  trx: Transaction<TicketTables>,
  call: Call,
  { reference, userId }: Watching,
): Promise<TicketRow> {
  const row = await getLockedTicket(trx, call, reference)
  if (!isStaff(call) && actorOf(call).userId !== userId) throw refuse('watchers_by_desk')
  checkVersion(call, row)
  return row
}

/** Whom no event has told of yet knows themselves. */
async function requireKnown(trx: Transaction<TicketTables>, call: Call, userId: string): Promise<void> {
  if (actorOf(call).userId === userId) return
  const person = await findPerson(peopleIn(trx), userId)
  if (person === undefined || !isThere(person)) throw refuse('watcher_not_found')
}

/** Of a ticket whose row is locked, and which none of them watches. */
export async function addWatchers(
  trx: Transaction<TicketTables>,
  ticketId: string,
  userIds: readonly string[],
): Promise<void> {
  if (userIds.length === 0) return
  await trx
    .insertInto('ticket_watchers')
    .values(userIds.map((userId) => ({ ticket_id: ticketId, user_id: userId })))
    .execute()
}
