import type { Kysely } from 'kysely'
import { findPerson, findPersonByEmail, isThere, type PeopleTables } from '#modules/people'
import { type Actor, actorOf, type Call } from '#platform/call'
import { fold } from '#platform/database/search'
import { invalidField } from '#platform/errors'
import { isStaff } from './access.ts'
import type { NewTicket } from './open-ticket.ts'
import type { TicketBody } from './schemas.ts'
import type { TicketTables } from './table.ts'

type Parties = Pick<NewTicket, 'creatorId' | 'creatorEmail' | 'customerId'>
type Person = NonNullable<Awaited<ReturnType<typeof findPerson>>>
/** Our user's id, their e-mail address, or their id at InvGate. */
type Name = string | number

/**
 * Whose ticket it is. Those who work at the desk may open one for somebody else; what anybody else says of it counts
 * for nothing, and the address is the caller's always (D1).
 */
export async function partiesOf(
  db: Kysely<TicketTables>,
  call: Call,
  body: Pick<TicketBody, 'creator_id' | 'customer_id'>,
): Promise<Parties> {
  const actor = actorOf(call)
  const own = { creatorId: actor.userId, creatorEmail: actor.email, customerId: actor.userId }
  if (!isStaff(call)) return own
  const creatorId = await named(body.creator_id, '/creator_id', actor.userId)
  return {
    ...own,
    creatorId,
    customerId: await named(body.customer_id, '/customer_id', creatorId),
  }

  async function named(name: Name | null | undefined, pointer: string, otherwise: string): Promise<string> {
    // Clients whose language has no absent number send 0.
    if (name === undefined || name === null || name === 0) return otherwise
    if (isSelf(actor, name)) return actor.userId
    const person = await findNamed(db, name)
    if (person !== undefined && isThere(person)) return person.id
    throw invalidField({
      pointer,
      code: 'unknown_person',
      text: { en: 'is nobody who is known here', id: 'tidak dikenal di sini' },
    })
  }
}

/** Whom no event has told of yet knows themselves. */
function isSelf({ userId, email }: Actor, name: Name): boolean {
  return name === userId || (typeof name === 'string' && fold(name, 254) === fold(email, 254))
}

const INVGATE_ID = /^\d{1,9}$/
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

async function findNamed(db: Kysely<TicketTables>, name: Name): Promise<Person | undefined> {
  if (typeof name === 'number') return await findByInvgateId(db, name)
  if (INVGATE_ID.test(name)) return await findByInvgateId(db, Number(name))
  if (ID.test(name)) return await findPerson(peopleIn(db), name)
  return await findPersonByEmail(peopleIn(db), name)
}

async function findByInvgateId(db: Kysely<TicketTables>, id: number): Promise<Person | undefined> {
  const row = await db
    .selectFrom('invgate_users')
    .select('user_id')
    .where('invgate_id', '=', id)
    .executeTakeFirst()
  return row === undefined ? undefined : await findPerson(peopleIn(db), row.user_id)
}

/** The copy of the users, in the same database. */
export function peopleIn(db: Kysely<TicketTables>): Kysely<PeopleTables> {
  return db.withTables<PeopleTables>()
}
