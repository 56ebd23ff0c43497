import type { Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { IdentityTables, SessionTable } from './table.ts'

export type SessionRow = Selectable<SessionTable>

export async function insertSession(
  trx: Transaction<IdentityTables>,
  row: Insertable<SessionTable>,
): Promise<void> {
  await trx.insertInto('sessions').values(row).execute()
}

export async function lockSession(
  trx: Transaction<IdentityTables>,
  id: string,
): Promise<SessionRow | undefined> {
  return await trx.selectFrom('sessions').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

export async function updateSession(
  trx: Transaction<IdentityTables>,
  id: string,
  change: Updateable<SessionTable>,
): Promise<void> {
  await trx.updateTable('sessions').set(change).where('id', '=', id).execute()
}

/** The user behind a session that holds, in one look: what every request with an access token asks. */
export async function findSignedIn(db: Kysely<IdentityTables>, sessionId: string) {
  return await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['users.id', 'users.email', 'users.role'])
    .where('sessions.id', '=', sessionId)
    .where('sessions.revoked_at', 'is', null)
    .where('users.disabled_at', 'is', null)
    .executeTakeFirst()
}

type List = { readonly userId: string; readonly now: Date; readonly request: PageRequest }

export async function listSessions(
  db: Kysely<IdentityTables>,
  { userId, now, request }: List,
): Promise<Page<SessionRow>> {
  const found = db
    .selectFrom('sessions')
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'sessions.created_at', holds: 'time', descending: true },
    sortValueOf: (row) => row.created_at,
    request,
  })
}

/** Locks the sessions of a user that still hold, and answers their ids. */
export async function lockSessionsOf(trx: Transaction<IdentityTables>, userId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map(({ id }) => id)
}

export async function revokeSessions(
  trx: Transaction<IdentityTables>,
  ids: readonly string[],
  now: Date,
): Promise<void> {
  if (ids.length === 0) return
  await trx.updateTable('sessions').set({ revoked_at: now }).where('id', 'in', ids).execute()
}

const KEPT_AFTER_END_MS = 30 * 24 * 60 * 60 * 1_000

/** Ended sessions are kept for a month, for whoever asks who was signed in; failures only while they count. */
export async function deleteOldSessions(db: Kysely<IdentityTables>, now: Date): Promise<void> {
  const kept = new Date(now.getTime() - KEPT_AFTER_END_MS)
  await db.deleteFrom('sessions').where('expires_at', '<', kept).execute()
  await db.deleteFrom('sign_in_failures').where('first_at', '<', kept).execute()
}
