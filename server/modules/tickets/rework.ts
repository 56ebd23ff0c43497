import type { Transaction } from 'kysely'
import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import { getLockedTicket, getTicketRow } from './access.ts'
import { refuse } from './errors.ts'
import { listLinks } from './link-queries.ts'
import { toLink } from './links.ts'
import { hasEnded } from './merge.ts'
import { listFileIds } from './message-queries.ts'
import { requireUnmerged } from './message-rules.ts'
import { readFileIds } from './message-views.ts'
import type { TicketParts } from './parts.ts'
import type { Rework, ReworkBody, ReworkOrder } from './rework-schemas.ts'
import type { Ticket } from './schemas.ts'
import type { TicketTables } from './table.ts'
import { changeTicket } from './ticket-changes.ts'

export type Reworks = ReturnType<typeof createReworks>

/** Has something made again that a customer complains of, by whoever makes things: they hear of it by its event. */
export function createReworks(parts: TicketParts) {
  const { db } = parts
  return {
    async readRework(call: Call, reference: string): Promise<Rework> {
      const row = await getTicketRow(db, call, reference)
      const links = await listLinks(db, row.id)
      return {
        work_orders: links.filter(({ relation }) => relation === 'rework').map(toLink),
        proposed_solution: row.proposed_solution,
      }
    },

    async requestRework(call: Call<Ticket>, reference: string, body: ReworkBody): Promise<Ticket> {
      const rework = toReworkOrder(body)
      return await transaction(db, call, async (trx) => {
        const row = await getLockedTicket(trx, call, reference)
        checkVersion(call, row)
        requireUnmerged(row)
        if (hasEnded(row)) throw refuse('ticket_ended', { details: { current_status: row.status } })
        await requireFiles(trx, row.id, rework.file_ids)
        return await changeTicket(parts, trx, {
          call,
          row,
          change: {},
          happening: { what: 'rework_requested', rework },
        })
      })
    },
  }
}

function toReworkOrder(body: ReworkBody): ReworkOrder {
  const order = {
    product_id: body.product_id ?? null,
    product_name: body.product_name?.trim() ?? null,
    quantity: body.quantity,
    deadline: body.deadline ?? null,
    notes: body.notes?.trim() || null,
    file_ids: body.file_ids ?? [],
  }
  if (order.product_id !== null || order.product_name !== null) return order
  throw invalidField({
    pointer: '/product_id',
    code: 'required',
    text: { en: 'is required without product_name', id: 'wajib diisi tanpa product_name' },
  })
}

async function requireFiles(
  trx: Transaction<TicketTables>,
  ticketId: string,
  wanted: readonly string[],
): Promise<void> {
  if (wanted.length === 0) return
  const known = new Set((await listFileIds(trx, ticketId)).flatMap(readFileIds))
  const unknown = wanted.findIndex((id) => !known.has(id))
  if (unknown === -1) return
  throw invalidField({
    pointer: `/file_ids/${unknown}`,
    code: 'unknown_file',
    text: { en: 'is no file of this ticket', id: 'bukan berkas tiket ini' },
  })
}
