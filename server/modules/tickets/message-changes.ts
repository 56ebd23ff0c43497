import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { MessageKind } from './lifecycle.ts'
import { messageEvent } from './message-events.ts'
import { insertMessage, type MessageRow } from './message-queries.ts'
import { writeFileIds } from './message-views.ts'
import type { TicketParts } from './parts.ts'
import { listWatchers, type TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'

export type NewMessage = {
  readonly id: string
  readonly kind: MessageKind
  readonly text: string
  readonly fileIds: readonly string[]
  /** Null for somebody whom we do not know, as at InvGate. */
  readonly authorId: string | null
  readonly authorName: string
  readonly createdAt: Date
  /** Where it was written at InvGate. */
  readonly invgate?: { readonly id: string; readonly key: string }
}

type Saying = {
  readonly call: Call
  /** Locked. */
  readonly row: TicketRow
  readonly message: NewMessage
}

/** Keeps a message of a ticket whose row is locked, and tells of it. What it does to the ticket is not seen to here. */
export async function addMessage(
  { outbox }: Pick<TicketParts, 'outbox'>,
  trx: Transaction<TicketTables>,
  { call, row, message }: Saying,
): Promise<MessageRow> {
  const kept: MessageRow = {
    id: message.id,
    ticket_id: row.id,
    kind: message.kind,
    text: message.text,
    file_ids: writeFileIds(message.fileIds),
    author_id: message.authorId,
    author_name: message.authorName,
    invgate_id: message.invgate?.id ?? null,
    invgate_key: message.invgate?.key ?? null,
    created_at: message.createdAt,
  }
  await insertMessage(trx, kept)
  const watchers = await listWatchers(trx, [row.id])
  await outbox.append(trx, call, messageEvent(message, { row, watcherIds: watchers.get(row.id) ?? [] }))
  return kept
}
