import type { Kysely, Transaction } from 'kysely'
import { actorOf, type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { getLockedTicket, getTicketRow, viewerOf } from './access.ts'
import { enqueueDelivery } from './deliver-queue.ts'
import { addMessage } from './message-changes.ts'
import { findFiles, listMessages, type MessageRow } from './message-queries.ts'
import { effectOf, requireHearing } from './message-rules.ts'
import type { Message, MessageBody, MessageQuery, SpokenKind } from './message-schemas.ts'
import { readFileIds, toMessage } from './message-views.ts'
import { atOneMoment, type TicketParts } from './parts.ts'
import { nameOf } from './remarks.ts'
import type { TicketTables } from './table.ts'
import { changeTicket } from './ticket-changes.ts'

export type Messages = ReturnType<typeof createMessages>

/** What is said at a ticket: replies between the customer and the desk, and notes that the desk keeps to itself. */
export function createMessages(parts: TicketParts) {
  const { db, ids } = parts
  return {
    async listMessages(call: Call, reference: string, query: MessageQuery) {
      const { id } = await getTicketRow(db, call, reference)
      const page = await listMessages(db, {
        ticketId: id,
        withNotes: viewerOf(call) === null,
        request: toPageRequest(query),
      })
      const files = await findFiles(db, page.rows.flatMap(readFileIds))
      return presentPage(page, (row) => toMessage(row, files))
    },

    async postMessage(call: Call<Message>, reference: string, body: MessageBody): Promise<Message> {
      const spoken = { id: ids.next(), kind: body.kind ?? 'reply', text: body.text.trim(), fileIds: [] }
      return await transaction(db, call, async (trx) =>
        toMessage(await speak(parts, trx, { call, reference, spoken }), new Map()),
      )
    },
  }
}

type Spoken = {
  readonly id: string
  readonly kind: SpokenKind
  readonly text: string
  readonly fileIds: readonly string[]
}

type Speaking = {
  readonly call: Call
  readonly reference: string
  readonly spoken: Spoken
}

/** Says something at a ticket, with what follows from it. */
export async function speak(
  parts: TicketParts,
  trx: Transaction<TicketTables>,
  { call, reference, spoken }: Speaking,
): Promise<MessageRow> {
  const row = await getLockedTicket(trx, call, reference)
  checkVersion(call, row)
  requireHearing({ call, row, kind: spoken.kind })
  const at = atOneMoment(parts, row)
  const now = at.clock.now()
  const actor = actorOf(call)
  const said = await addMessage(at, trx, {
    call,
    row,
    message: { ...spoken, authorId: actor.userId, authorName: await nameOf(trx, actor), createdAt: now },
  })
  const effect = effectOf({ call, row, kind: spoken.kind }, now)
  if (effect !== null) await changeTicket(at, trx, { call, row, ...effect })
  if (spoken.kind === 'reply')
    await enqueueDelivery(at, trx, { ticketId: row.id, kind: 'comment', messageId: said.id })
  return said
}

/** Refuses before anything is stored what would be refused afterwards. */
export async function requireSpeaker(
  db: Kysely<TicketTables>,
  call: Call,
  { reference, kind }: { readonly reference: string; readonly kind: SpokenKind },
): Promise<void> {
  const row = await getTicketRow(db, call, reference)
  requireHearing({ call, row, kind })
}
