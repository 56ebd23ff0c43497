import type { Transaction } from 'kysely'
import { findPerson, fullName } from '#modules/people'
import { type Actor, actorOf, type Call } from '#platform/call'
import { enqueueDelivery } from './deliver-queue.ts'
import type { MessageKind } from './lifecycle.ts'
import { addMessage, type NewMessage } from './message-changes.ts'
import { peopleIn } from './parties.ts'
import type { TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'

type Remark = {
  readonly call: Call
  /** Locked. */
  readonly row: TicketRow
  readonly kind: MessageKind
  readonly text: string | null | undefined
}

/** Keeps what somebody says of a ticket while they move it on, among its messages; nothing where nothing is said. */
export async function keepRemark(
  parts: Pick<TicketParts, 'clock' | 'ids' | 'outbox' | 'timers'>,
  trx: Transaction<TicketTables>,
  { call, row, kind, text }: Remark,
): Promise<void> {
  const words = text?.trim() ?? ''
  if (words === '') return
  const actor = actorOf(call)
  const message: NewMessage = {
    id: parts.ids.next(),
    kind,
    text: words,
    fileIds: [],
    authorId: actor.userId,
    authorName: await nameOf(trx, actor),
    createdAt: parts.clock.now(),
  }
  await addMessage(parts, trx, { call, row, message })
  // A solution goes out with its move, and a note does not go out.
  if (kind === 'reply')
    await enqueueDelivery(parts, trx, { ticketId: row.id, kind: 'comment', messageId: message.id })
}

/** What somebody is called, whether or not an event has told of them yet. */
export async function nameOf(trx: Transaction<TicketTables>, { userId, email }: Actor): Promise<string> {
  const person = await findPerson(peopleIn(trx), userId)
  if (person === undefined) return email.slice(0, 250)
  return fullName(person).slice(0, 250)
}

/** When somebody last said something to the customer, or the customer to the desk. */
export async function findLastWord(trx: Transaction<TicketTables>, ticketId: string): Promise<Date | null> {
  const row = await trx
    .selectFrom('ticket_messages')
    .select('created_at')
    .where('ticket_id', '=', ticketId)
    .where('kind', '!=', 'note')
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.created_at ?? null
}
