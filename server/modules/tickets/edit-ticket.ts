import type { Transaction } from 'kysely'
import { findPerson, isThere } from '#modules/people'
import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import { getLockedTicket } from './access.ts'
import { requireKnownIds } from './catalogues.ts'
import { refuse } from './errors.ts'
import type { TicketChange } from './move-schemas.ts'
import { columnsOf } from './move-ticket.ts'
import { searchTextOf } from './open-ticket.ts'
import { peopleIn } from './parties.ts'
import type { TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import type { Ticket } from './schemas.ts'
import type { TicketTables } from './table.ts'
import { replaceTags, toTags } from './tags.ts'
import { attributesOf, changeTicket } from './ticket-changes.ts'
import { toTicket } from './views.ts'

export type EditTicket = ReturnType<typeof createEditTicket>

/** Roles whose holders work at the desk. */
const DESK = ['agent', 'admin']

/** What the desk decides of a ticket besides its status: who sees to it, how urgent it is, what it is about. */
export function createEditTicket(parts: TicketParts) {
  const { db } = parts
  return async function editTicket(
    call: Call<Ticket>,
    reference: string,
    wanted: TicketChange,
  ): Promise<Ticket> {
    requireKnownIds(wanted)
    return await transaction(db, call, async (trx) => {
      const row = await getLockedTicket(trx, call, reference)
      checkVersion(call, row)
      requireUnended(row)
      await requireAssignable(trx, { row, wanted })
      const change = changeOf(row, wanted)
      const areTagsNew = wanted.tags !== undefined && (await replaceTags(trx, row.id, toTags(wanted.tags)))
      if (!areTagsNew && isSame(row, change)) return toTicket(row, await attributesOf(trx, row.id))
      if (row.status !== 'new' || typeof change.assignee_id !== 'string')
        return await changeTicket(parts, trx, { call, row, change, happening: { what: 'updated' } })
      return await changeTicket(parts, trx, {
        call,
        row,
        change: { ...columnsOf(row, { status: 'open' }, parts.clock.now()), ...change },
        happening: { what: 'status_changed', previousStatus: 'new' },
      })
    })
  }
}

function requireUnended({ status }: TicketRow): void {
  if (status === 'closed' || status === 'cancelled')
    throw refuse('ticket_ended', { details: { current_status: status } })
}

type Assignment = { readonly row: TicketRow; readonly wanted: TicketChange }

/** Refuses those who are not known here, or do not work at the desk; who has it already keeps it. */
async function requireAssignable(
  trx: Transaction<TicketTables>,
  { row, wanted: { assignee_id: assigneeId, group_id: groupId } }: Assignment,
): Promise<void> {
  if (typeof assigneeId === 'string' && assigneeId !== row.assignee_id && !(await isAtDesk(trx, assigneeId)))
    throw invalidField({
      pointer: '/assignee_id',
      code: 'unknown_agent',
      text: { en: 'does not work at the service desk', id: 'bukan petugas layanan' },
    })
  if (typeof groupId === 'string' && groupId !== row.group_id && !(await isGroup(trx, groupId)))
    throw invalidField({
      pointer: '/group_id',
      code: 'unknown_group',
      text: { en: 'is no group of the service desk', id: 'bukan grup petugas layanan' },
    })
}

/** Whether somebody is there, as far as is known here, and can see to tickets. */
export async function isAtDesk(trx: Transaction<TicketTables>, userId: string): Promise<boolean> {
  const person = await findPerson(peopleIn(trx), userId)
  return person !== undefined && isThere(person) && DESK.includes(person.role)
}

/** Locked, so that nobody deletes it while the ticket is given to it. */
async function isGroup(trx: Transaction<TicketTables>, id: string): Promise<boolean> {
  const row = await trx
    .selectFrom('ticket_groups')
    .select('id')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row !== undefined
}

function changeOf(row: TicketRow, { tags: _tags, ...wanted }: TicketChange): Partial<TicketRow> {
  if (wanted.title === undefined) return wanted
  const title = wanted.title.trim()
  return { ...wanted, title, search_text: searchTextOf({ ...row, title }) }
}

function isSame(row: TicketRow, change: Partial<TicketRow>): boolean {
  return Object.entries({ ...row, ...change }).every(([name, value]) => value === Reflect.get(row, name))
}
