import type { Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import { like } from '#platform/database/search'
import type { IdentityTables, UserTable } from './table.ts'

export type UserRow = Selectable<UserTable>

export async function findUser(db: Kysely<IdentityTables>, id: string): Promise<UserRow | undefined> {
  return await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function lockUser(trx: Transaction<IdentityTables>, id: string): Promise<UserRow | undefined> {
  return await trx.selectFrom('users').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

export async function findUserByEmail(
  db: Kysely<IdentityTables>,
  emailKey: string,
): Promise<UserRow | undefined> {
  return await db.selectFrom('users').selectAll().where('email_key', '=', emailKey).executeTakeFirst()
}

export async function findUserByUsername(
  db: Kysely<IdentityTables>,
  usernameKey: string,
): Promise<UserRow | undefined> {
  return await db.selectFrom('users').selectAll().where('username_key', '=', usernameKey).executeTakeFirst()
}

/** Locks those who can still administer, always in the same order: two demotions at once take turns. */
export async function lockAdministrators(trx: Transaction<IdentityTables>): Promise<string[]> {
  const rows = await trx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('disabled_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map(({ id }) => id)
}

type List = {
  readonly role: string | undefined
  readonly q: string | undefined
  readonly request: PageRequest
}

export async function listUsers(
  db: Kysely<IdentityTables>,
  { role, q, request }: List,
): Promise<Page<UserRow>> {
  let found = db.selectFrom('users')
  if (role !== undefined) found = found.where('role', '=', role)
  if (q !== undefined) found = found.where(like('search_text', q))
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'users.created_at', holds: 'time', descending: true },
    sortValueOf: (row) => row.created_at,
    request,
  })
}

export async function insertUser(
  trx: Transaction<IdentityTables>,
  row: Insertable<UserTable>,
): Promise<void> {
  await trx.insertInto('users').values(row).execute()
}

export async function updateUser(
  trx: Transaction<IdentityTables>,
  id: string,
  change: Updateable<UserTable>,
): Promise<void> {
  await trx.updateTable('users').set(change).where('id', '=', id).execute()
}

/** Replaces a hash by a better one of the same password, unless the password was changed meanwhile. */
export async function replacePasswordHash(
  db: Kysely<IdentityTables>,
  { id, from, to }: { readonly id: string; readonly from: string; readonly to: string },
): Promise<void> {
  await db
    .updateTable('users')
    .set({ password_hash: to })
    .where('id', '=', id)
    .where('password_hash', '=', from)
    .execute()
}

export async function deleteUser(trx: Transaction<IdentityTables>, id: string): Promise<void> {
  await trx.deleteFrom('users').where('id', '=', id).execute()
}
