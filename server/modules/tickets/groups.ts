import type { Transaction } from 'kysely'
import { type Call, checkVersion } from '#platform/call'
import { refuseTaken, type UniqueKey } from '#platform/database/failure'
import { fold } from '#platform/database/search'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { isAtDesk } from './edit-ticket.ts'
import { refuse } from './errors.ts'
import { groupEvent } from './group-events.ts'
import {
  deleteGroup,
  findGroup,
  type GroupRow,
  hasTickets,
  listMembers,
  lockGroup,
  pageGroups,
  replaceMembers,
} from './group-queries.ts'
import type { Group, GroupBody, GroupChange, GroupQuery } from './group-schemas.ts'
import type { TicketParts } from './parts.ts'
import type { TicketTables } from './table.ts'

const uniqueKeys: readonly UniqueKey[] = [
  { table: 'ticket_groups', column: 'name_key', refuse: () => refuse('group_name_taken') },
]

type GroupParts = Pick<TicketParts, 'db' | 'clock' | 'ids' | 'outbox'>
export type Groups = ReturnType<typeof createGroups>

/** Those at the desk who see to tickets of one sort together. */
export function createGroups({ db, clock, ids, outbox }: GroupParts) {
  return {
    async listGroups(query: GroupQuery) {
      const page = await pageGroups(db, toPageRequest(query))
      const members = await listMembers(
        db,
        page.rows.map(({ id }) => id),
      )
      return presentPage(page, (row) => toGroup(row, members.get(row.id) ?? []))
    },

    async getGroup(id: string): Promise<Group> {
      const row = await findGroup(db, id)
      if (row === undefined) throw refuse('group_not_found')
      return toGroup(row, (await listMembers(db, [id])).get(id) ?? [])
    },

    async createGroup(call: Call<Group>, body: GroupBody): Promise<Group> {
      return await refuseTaken(uniqueKeys, () =>
        transaction(db, call, async (trx) => {
          const members = body.member_ids ?? []
          await requireMembers(trx, members, [])
          const now = clock.now()
          const row = { id: ids.next(), ...nameOf(body.name), version: 1, created_at: now, updated_at: now }
          await trx.insertInto('ticket_groups').values(row).execute()
          await replaceMembers(trx, row.id, members)
          const group = toGroup(row, members)
          await outbox.append(trx, call, groupEvent('created', group))
          return group
        }),
      )
    },

    async changeGroup(call: Call<Group>, id: string, change: GroupChange): Promise<Group> {
      return await refuseTaken(uniqueKeys, () =>
        transaction(db, call, async (trx) => {
          const row = await getLockedGroup(trx, call, id)
          const known = (await listMembers(trx, [id])).get(id) ?? []
          const members = change.member_ids ?? known
          await requireMembers(trx, members, known)
          const changed = {
            ...row,
            ...(change.name === undefined ? {} : nameOf(change.name)),
            version: row.version + 1,
            updated_at: clock.now(),
          }
          await trx.updateTable('ticket_groups').set(changed).where('id', '=', id).execute()
          await replaceMembers(trx, id, members)
          const group = toGroup(changed, members)
          await outbox.append(trx, call, groupEvent('updated', group))
          return group
        }),
      )
    },

    /** Who gives a ticket to a group locks it as well, so none is given to one that is gone. */
    async deleteGroup(call: Call<void>, id: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const row = await getLockedGroup(trx, call, id)
        if (await hasTickets(trx, id)) throw refuse('group_in_use')
        const members = (await listMembers(trx, [id])).get(id) ?? []
        await deleteGroup(trx, id)
        const last = { ...row, version: row.version + 1, updated_at: clock.now() }
        await outbox.append(trx, call, groupEvent('deleted', toGroup(last, members)))
      })
    },
  }
}

async function getLockedGroup(trx: Transaction<TicketTables>, call: Call, id: string): Promise<GroupRow> {
  const row = await lockGroup(trx, id)
  if (row === undefined) throw refuse('group_not_found')
  checkVersion(call, row)
  return row
}

/** Who is a member already stays one, whatever has become of them. */
async function requireMembers(
  trx: Transaction<TicketTables>,
  wanted: readonly string[],
  known: readonly string[],
): Promise<void> {
  for (const [index, userId] of wanted.entries()) {
    if (known.includes(userId) || (await isAtDesk(trx, userId))) continue
    throw invalidField({
      pointer: `/member_ids/${index}`,
      code: 'unknown_agent',
      text: { en: 'does not work at the service desk', id: 'bukan petugas layanan' },
    })
  }
}

function nameOf(name: string): Pick<GroupRow, 'name' | 'name_key'> {
  return { name: name.trim(), name_key: fold(name, 120) }
}

function toGroup(row: GroupRow, memberIds: readonly string[]): Group {
  return {
    id: row.id,
    name: row.name,
    member_ids: memberIds.toSorted(),
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
