import type { Selectable, Transaction } from 'kysely'
import { actorOf, type Call, checkVersion } from '#platform/call'
import { listPage } from '#platform/database/pages'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { refuse } from './errors.ts'
import { cannedReplyEvent } from './group-events.ts'
import type { CannedReply, CannedReplyBody, CannedReplyChange, CannedReplyQuery } from './group-schemas.ts'
import type { TicketParts } from './parts.ts'
import type { CannedReplyTable, TicketTables } from './table.ts'

type Row = Selectable<CannedReplyTable>

type CannedReplyParts = Pick<TicketParts, 'db' | 'clock' | 'ids' | 'outbox'>
export type CannedReplies = ReturnType<typeof createCannedReplies>

/** Words that the desk says again and again; they are looked up, changed by hand and sent as any reply. */
export function createCannedReplies({ db, clock, ids, outbox }: CannedReplyParts) {
  return {
    async listCannedReplies(query: CannedReplyQuery) {
      const all = db.selectFrom('canned_replies')
      const page = await listPage({
        query: all.selectAll('canned_replies'),
        sort: { column: 'canned_replies.name', holds: 'text', descending: false },
        sortValueOf: ({ name }) => name,
        request: toPageRequest(query),
      })
      return presentPage(page, toCannedReply)
    },

    async getCannedReply(id: string): Promise<CannedReply> {
      const row = await db.selectFrom('canned_replies').selectAll().where('id', '=', id).executeTakeFirst()
      if (row === undefined) throw refuse('canned_reply_not_found')
      return toCannedReply(row)
    },

    async createCannedReply(call: Call<CannedReply>, body: CannedReplyBody): Promise<CannedReply> {
      const now = clock.now()
      const row: Row = {
        id: ids.next(),
        name: body.name.trim(),
        text: body.text,
        created_by: actorOf(call).userId,
        version: 1,
        created_at: now,
        updated_at: now,
      }
      return await transaction(db, call, async (trx) => {
        await trx.insertInto('canned_replies').values(row).execute()
        await outbox.append(trx, call, cannedReplyEvent('created', toCannedReply(row)))
        return toCannedReply(row)
      })
    },

    async changeCannedReply(
      call: Call<CannedReply>,
      id: string,
      change: CannedReplyChange,
    ): Promise<CannedReply> {
      return await transaction(db, call, async (trx) => {
        const row = await getLocked(trx, call, id)
        const changed: Row = {
          ...row,
          name: change.name?.trim() ?? row.name,
          text: change.text ?? row.text,
          version: row.version + 1,
          updated_at: clock.now(),
        }
        await trx.updateTable('canned_replies').set(changed).where('id', '=', id).execute()
        await outbox.append(trx, call, cannedReplyEvent('updated', toCannedReply(changed)))
        return toCannedReply(changed)
      })
    },

    async deleteCannedReply(call: Call<void>, id: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const row = await getLocked(trx, call, id)
        await trx.deleteFrom('canned_replies').where('id', '=', id).execute()
        const last = { ...row, version: row.version + 1, updated_at: clock.now() }
        await outbox.append(trx, call, cannedReplyEvent('deleted', toCannedReply(last)))
      })
    },
  }
}

async function getLocked(trx: Transaction<TicketTables>, call: Call, id: string): Promise<Row> {
  const row = await trx
    .selectFrom('canned_replies')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw refuse('canned_reply_not_found')
  checkVersion(call, row)
  return row
}

function toCannedReply(row: Row): CannedReply {
  return {
    id: row.id,
    name: row.name,
    text: row.text,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
