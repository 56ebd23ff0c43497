import type { Transaction } from 'kysely'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { findPerson } from '#modules/people'
import { systemCall } from '#platform/call'
import { defineConsumer, type EventConsumer } from '#platform/events/consumer'
import { type Language, say, type Text } from '#platform/language'
import { findReworkLink, insertLinks, type LinkRow, listLinks, updateRelation } from './link-queries.ts'
import { toLink } from './links.ts'
import { hasEnded } from './merge.ts'
import { addMessage } from './message-changes.ts'
import { peopleIn } from './parties.ts'
import type { TicketParts } from './parts.ts'
import { lockTicket, type TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'
import { changeTicket } from './ticket-changes.ts'

/** What of a work order matters to a ticket, whatever else its events tell. */
const WorkOrder = Type.Object({
  id: Type.String(),
  number: Type.String({ maxLength: 100 }),
  origin: Type.String(),
  status: Type.String(),
  product_name: Type.String(),
  quantity: Type.Integer(),
  /** For which it was opened; absent in those of other origins. */
  ticket_id: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  cancel_reason: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})
type WorkOrder = Static<typeof WorkOrder>
const told = Compile(WorkOrder)

const PROPOSED: Text = {
  en: '{quantity} × {product_name} have been made again (work order {number}).',
  id: '{quantity} × {product_name} telah selesai dikerjakan ulang (perintah kerja {number}).',
}
const CANCELLED: Text = {
  en: 'The rework of {quantity} × {product_name} (work order {number}) has been cancelled.',
  id: 'Pengerjaan ulang {quantity} × {product_name} (perintah kerja {number}) telah dibatalkan.',
}
const PROGRAM = 'Karya'
/** Nobody merges tickets so often; longer chains are none of ours. */
const MOST_MERGES = 50

/**
 * Links a ticket to the work order that mends it, and proposes a solution once that is done; the desk finds a note where
 * it is not going to be done.
 */
export function createReworkConsumer(parts: TicketParts): EventConsumer {
  return defineConsumer<TicketTables>({
    name: 'tickets.rework',
    types: ['work_order.created', 'work_order.status_changed'],
    async handle({ data }, trx) {
      const order = told.Parse(data)
      if (order.origin !== 'rework') return
      const link = await findReworkLink(trx, order.id)
      const ticketId = link?.ticket_id ?? order.ticket_id ?? null
      const row = ticketId === null ? undefined : await lockCurrent(trx, ticketId)
      if (row === undefined) return
      const linked = await ensureLink(parts, trx, { row, order })
      if (hasEnded(linked)) return
      if (order.status === 'cancelled') await noteCancelled(parts, trx, { row: linked, order })
      if (order.status !== 'completed') return
      const proposed = await proposalFor(trx, linked, order)
      if (proposed === linked.proposed_solution) return
      await changeTicket(parts, trx, {
        call: systemCall,
        row: linked,
        change: { proposed_solution: proposed },
        happening: { what: 'updated' },
      })
    },
  })
}

/** The ticket in which the one with this id goes on, its row locked. */
async function lockCurrent(trx: Transaction<TicketTables>, id: string): Promise<TicketRow | undefined> {
  let row = await lockTicket(trx, id)
  for (let merges = 0; merges < MOST_MERGES; merges += 1) {
    if (row === undefined || row.merged_into_id === null) return row
    row = await lockTicket(trx, row.merged_into_id)
  }
  return undefined
}

type Linking = { readonly row: TicketRow; readonly order: WorkOrder }

/** The ticket as it is once it has the link. */
async function ensureLink(
  parts: TicketParts,
  trx: Transaction<TicketTables>,
  { row, order }: Linking,
): Promise<TicketRow> {
  const links = await listLinks(trx, row.id)
  const known = links.find(({ kind, record_id: id }) => kind === 'work_order' && id === order.id)
  if (known?.relation === 'rework') return row
  const link: LinkRow = {
    id: known?.id ?? parts.ids.next(),
    ticket_id: row.id,
    kind: 'work_order',
    record_id: order.id,
    label: order.number,
    relation: 'rework',
    created_by: known?.created_by ?? null,
    created_at: known?.created_at ?? parts.clock.now(),
  }
  await (known === undefined ? insertLinks(trx, [link]) : updateRelation(trx, link))
  const { version } = await changeTicket(parts, trx, {
    call: systemCall,
    row,
    change: {},
    happening: { what: 'linked', link: toLink(link) },
  })
  return { ...row, version }
}

async function noteCancelled(
  { ids, clock, outbox }: TicketParts,
  trx: Transaction<TicketTables>,
  { row, order }: Linking,
): Promise<void> {
  const said = say(CANCELLED, await languageOf(trx, row.assignee_id), order)
  await addMessage({ outbox }, trx, {
    call: systemCall,
    row,
    message: {
      id: ids.next(),
      kind: 'note',
      text: [said, order.cancel_reason].filter(Boolean).join(' '),
      fileIds: [],
      authorId: null,
      authorName: PROGRAM,
      createdAt: clock.now(),
    },
  })
}

/** In the language of the customer. */
async function proposalFor(
  trx: Transaction<TicketTables>,
  { customer_id: customerId }: TicketRow,
  order: WorkOrder,
): Promise<string> {
  return say(PROPOSED, await languageOf(trx, customerId), order)
}

async function languageOf(trx: Transaction<TicketTables>, userId: string | null): Promise<Language> {
  const person = userId === null ? undefined : await findPerson(peopleIn(trx), userId)
  return person?.locale ?? 'id'
}
