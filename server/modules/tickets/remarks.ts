import type { Transaction } from 'kysely'
import { findPerson } from '#modules/people'
import { type Actor, actorOf, type Call } from '#platform/call'
import type { MessageKind } from './lifecycle.ts'
import { peopleIn } from './parties.ts'
import type { TicketParts } from './parts.ts'
import type { TicketTables } from './table.ts'

type Remark = {
  readonly call: Call
  /** Of a ticket whose row is locked. */
  readonly ticketId: string
  readonly kind: MessageKind
  readonly text: string | null | undefined
}

/** Keeps what somebody says of a ticket while they move it on, among its messages; nothing where nothing is said. */
export async function keepRemark(
  { clock, ids }: Pick<TicketParts, 'clock' | 'ids'>,
  trx: Transaction<TicketTables>,
  { call, ticketId, kind, text }: Remark,
): Promise<void> {
  const words = text?.trim() ?? ''
  if (words === '') return
  const actor = actorOf(call)
  await trx
    .insertInto('ticket_messages')
    .values({
      id: ids.next(),
      ticket_id: ticketId,
      kind,
      text: words,
      file_ids: null,
      author_id: actor.userId,
      author_name: await nameOf(trx, actor),
      invgate_id: null,
      invgate_key: null,
      created_at: clock.now(),
    })
    .execute()
}

async function nameOf(trx: Transaction<TicketTables>, { userId, email }: Actor): Promise<string> {
  const person = await findPerson(peopleIn(trx), userId)
  if (person === undefined) return email.slice(0, 250)
  return [person.name, person.lastname ?? ''].join(' ').trim().slice(0, 250)
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
