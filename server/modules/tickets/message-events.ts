import { Type } from 'typebox'
import { type Audience, defineEventTypes } from '#platform/events/event-types'
import type { NewEvent } from '#platform/events/outbox'
import { Id, Nullable, Time } from '#platform/http/schemas'
import { messageKinds } from './lifecycle.ts'
import type { TicketRow } from './queries.ts'

const told = {
  message_id: Id,
  ticket_id: Id,
  number: Type.String(),
  title: Type.String(),
  kind: Type.Enum([...messageKinds]),
  author_id: Nullable(Id),
  author_name: Type.String(),
  file_ids: Type.Array(Id),
  creator_id: Id,
  customer_id: Id,
  watcher_ids: Type.Array(Id),
  assignee_id: Nullable(Id),
  created_at: Time,
}

/**
 * A reply is told to those who may read the ticket. That a note was made is told to the desk, and its words to nobody:
 * whoever may read them reads them at the ticket, so that no log, stream or webhook has them.
 */
export const messageEventTypes = [
  ...defineEventTypes({
    types: ['ticket.replied'],
    data: Type.Object({ ...told, text: Type.String() }),
    audience: (message): Audience => ({
      permission: 'tickets:read_any',
      userIds: [message.creator_id, message.customer_id, ...message.watcher_ids],
    }),
  }),
  ...defineEventTypes({
    types: ['ticket.noted'],
    data: Type.Object(told),
    audience: (): Audience => ({ permission: 'tickets:read_any' }),
  }),
]

/** What of a message goes into its event. */
export type Said = {
  readonly id: string
  readonly kind: 'reply' | 'note' | 'solution'
  readonly text: string
  readonly fileIds: readonly string[]
  readonly authorId: string | null
  readonly authorName: string
  readonly createdAt: Date
}

type Hearing = { readonly row: TicketRow; readonly watcherIds: readonly string[] }

export function messageEvent(said: Said, { row, watcherIds }: Hearing): NewEvent {
  const isNote = said.kind === 'note'
  return {
    type: isNote ? 'ticket.noted' : 'ticket.replied',
    subject: `ticket_message/${said.id}`,
    recordVersion: 1,
    data: {
      message_id: said.id,
      ticket_id: row.id,
      number: row.number,
      title: row.title,
      kind: said.kind,
      ...(isNote ? {} : { text: said.text }),
      author_id: said.authorId,
      author_name: said.authorName,
      file_ids: said.fileIds,
      creator_id: row.creator_id,
      customer_id: row.customer_id,
      watcher_ids: watcherIds,
      assignee_id: row.assignee_id,
      created_at: said.createdAt.toISOString(),
    },
  }
}
