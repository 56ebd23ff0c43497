import type { Kysely, Transaction } from 'kysely'
import { actorOf, type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { knownWord } from '#platform/database/words'
import { invalidField } from '#platform/errors'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { getLockedTicket, getTicketRow, isCustomer, isStaff, viewerOf } from './access.ts'
import { refuse } from './errors.ts'
import { linkKinds, linkRelations } from './lifecycle.ts'
import { deleteLinks, insertLinks, type LinkRow, listLinks, pageLinks } from './link-queries.ts'
import type { Link, LinkBody, LinkQuery } from './link-schemas.ts'
import { findVisibleTicket } from './list-queries.ts'
import { requireUnmerged } from './message-rules.ts'
import type { TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'
import { changeTicket } from './ticket-changes.ts'

const MOST_LINKS = 100

export type Links = ReturnType<typeof createLinks>

/** What a ticket is about: orders, products, work orders and other tickets, which other modules know. */
export function createLinks(parts: TicketParts) {
  const { db, clock, ids } = parts
  return {
    async listLinks(call: Call, reference: string, query: LinkQuery) {
      const { id } = await getTicketRow(db, call, reference)
      const page = await pageLinks(db, { ticketId: id, request: toPageRequest(query) })
      const rows: LinkRow[] = []
      for (const row of page.rows) if (await maySee(db, call, row)) rows.push(row)
      return presentPage({ ...page, rows }, toLink)
    },

    async addLink(call: Call<Link>, reference: string, body: LinkBody): Promise<Link> {
      return await transaction(db, call, async (trx) => {
        const row = await getLinkable(trx, call, reference)
        requireUnmerged(row)
        await requireLinkable(trx, call, { row, body })
        const known = await listLinks(trx, row.id)
        const same = known.find(({ kind, record_id: id }) => kind === body.kind && id === body.record_id)
        if (same !== undefined) throw refuse('already_linked', { details: { link_id: same.id } })
        if (known.length >= MOST_LINKS) throw refuse('too_many_links', { details: { links: known.length } })
        const link: LinkRow = {
          id: ids.next(),
          ticket_id: row.id,
          kind: body.kind,
          record_id: body.record_id,
          label: body.label?.trim() ?? null,
          relation: 'about',
          created_by: actorOf(call).userId,
          created_at: clock.now(),
        }
        await insertLinks(trx, [link])
        await changeTicket(parts, trx, {
          call,
          row,
          change: {},
          happening: { what: 'linked', link: toLink(link) },
        })
        return toLink(link)
      })
    },

    async removeLink(call: Call<void>, reference: string, linkId: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const row = await getLinkable(trx, call, reference)
        const link = (await listLinks(trx, row.id)).find(({ id }) => id === linkId)
        if (link === undefined || !(await maySee(trx, call, link))) throw refuse('link_not_found')
        // What the desk has linked stays for everybody else.
        if (!isStaff(call) && link.created_by !== actorOf(call).userId) throw refuse('not_your_ticket')
        await deleteLinks(trx, [link.id])
        await changeTicket(parts, trx, {
          call,
          row,
          change: {},
          happening: { what: 'unlinked', link: toLink(link) },
        })
      })
    },
  }
}

/** Locks a ticket for the desk and those whose it is; who only watches it is refused. */
async function getLinkable(trx: Transaction<TicketTables>, call: Call, reference: string) {
  const row = await getLockedTicket(trx, call, reference)
  checkVersion(call, row)
  const isTheirs = isCustomer(call, row) || row.creator_id === actorOf(call).userId
  if (!isStaff(call) && !isTheirs) throw refuse('not_your_ticket')
  return row
}

type Wish = { readonly row: TicketRow; readonly body: LinkBody }

/** Another ticket must be one that the caller sees; what other modules have is for them to know. */
async function requireLinkable(trx: Transaction<TicketTables>, call: Call, { row, body }: Wish) {
  if (body.kind !== 'ticket') return
  const other = await findVisibleTicket(trx, { reference: body.record_id, viewer: viewerOf(call) })
  if (other !== undefined && other.id !== row.id) return
  throw invalidField({
    pointer: '/record_id',
    code: 'unknown_ticket',
    text: { en: 'is no other ticket', id: 'bukan tiket lain' },
  })
}

/** Of other tickets everybody learns only where they may see them. */
async function maySee(db: Kysely<TicketTables>, call: Call, link: LinkRow): Promise<boolean> {
  const viewer = viewerOf(call)
  if (viewer === null || link.kind !== 'ticket') return true
  return (await findVisibleTicket(db, { reference: link.record_id, viewer })) !== undefined
}

export function toLink(row: LinkRow): Link {
  const record = `the link ${row.id}`
  return {
    ...row,
    kind: knownWord(linkKinds, row.kind, record),
    relation: knownWord(linkRelations, row.relation, record),
    created_at: row.created_at.toISOString(),
  }
}
