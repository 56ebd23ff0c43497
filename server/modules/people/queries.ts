import type { Insertable, Kysely, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import { fold, like } from '#platform/database/search'
import { insertOnce, upsertNewer } from '#platform/database/upsert'
import type { PersonRow } from './person.ts'
import type { EndedSessionTable, PeopleTables } from './table.ts'

/** Somebody, deleted or not: what others have written of them stays. */
export async function findPerson(db: Kysely<PeopleTables>, id: string): Promise<PersonRow | undefined> {
  return await db.selectFrom('people').selectAll().where('id', '=', id).executeTakeFirst()
}

export type PersonName = {
  readonly id: string
  /** The whole one. */
  readonly name: string
  /** Folded: lists are in its order. */
  readonly nameKey: string
}

/** The names of these people, deleted or not, by their ids; who is not known here is not among them. */
export async function findPeople(
  db: Kysely<PeopleTables>,
  ids: readonly string[],
): Promise<Map<string, PersonName>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('people')
    .select(['id', 'name', 'lastname', 'name_key'])
    .where('id', 'in', ids)
    .execute()
  return new Map(
    rows.map(({ id, name, lastname, name_key: nameKey }) => [
      id,
      { id, name: [name, lastname].filter(Boolean).join(' '), nameKey },
    ]),
  )
}

/** Who has the address now, in any case of letters. */
export async function findPersonByEmail(
  db: Kysely<PeopleTables>,
  email: string,
): Promise<PersonRow | undefined> {
  return await db
    .selectFrom('people')
    .selectAll()
    .where('email_key', '=', fold(email, 254))
    .where('deleted_at', 'is', null)
    // Who gave the address away may not have been heard of yet.
    .orderBy('updated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

type List = {
  readonly role: string | undefined
  readonly q: string | undefined
  readonly request: PageRequest
}

export async function listPeople(
  db: Kysely<PeopleTables>,
  { role, q, request }: List,
): Promise<Page<PersonRow>> {
  let found = db.selectFrom('people').where('deleted_at', 'is', null)
  if (role !== undefined) found = found.where('role', '=', role)
  if (q !== undefined) found = found.where(like('search_text', q))
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'people.name_key', holds: 'text', descending: false },
    sortValueOf: (row) => row.name_key,
    request,
  })
}

/** Keeps what was told, unless something later was told before. */
export async function keepPerson(trx: Transaction<PeopleTables>, row: PersonRow): Promise<void> {
  await upsertNewer(trx, 'people', row)
}

export async function keepEndedSession(
  trx: Transaction<PeopleTables>,
  row: Insertable<EndedSessionTable>,
): Promise<void> {
  await insertOnce(trx, 'ended_sessions', row)
}

/** Whether a sign-in has ended, with the person behind it: what every request with an access token asks. */
export async function findHolder(
  db: Kysely<PeopleTables>,
  { userId, sessionId }: { readonly userId: string; readonly sessionId: string },
): Promise<{ readonly person: PersonRow | undefined; readonly hasEnded: boolean }> {
  const row = await db
    .selectFrom('people')
    .leftJoin('ended_sessions', (join) => join.on('ended_sessions.id', '=', sessionId))
    .selectAll('people')
    .select('ended_sessions.ended_at')
    .where('people.id', '=', userId)
    .executeTakeFirst()
  if (row !== undefined) return { person: row, hasEnded: row.ended_at !== null }
  const ended = await db
    .selectFrom('ended_sessions')
    .select('id')
    .where('id', '=', sessionId)
    .executeTakeFirst()
  return { person: undefined, hasEnded: ended !== undefined }
}

export async function forgetEndedSessions(trx: Transaction<PeopleTables>, now: Date): Promise<void> {
  await trx.deleteFrom('ended_sessions').where('forget_at', '<', now).execute()
}
