import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { ApiTokenTable, IdentityTables } from './table.ts'

export type ApiTokenRow = Selectable<ApiTokenTable>

export async function insertApiToken(
  trx: Transaction<IdentityTables>,
  row: Omit<Insertable<ApiTokenTable>, 'permissions'> & { readonly permissions: readonly string[] },
): Promise<void> {
  await trx
    .insertInto('api_tokens')
    .values({ ...row, permissions: JSON.stringify(row.permissions) })
    .execute()
}

/** The token and its maker as they are now, in one look: what every request with an API token asks. */
export async function findTokenHolder(db: Kysely<IdentityTables>, tokenHash: string) {
  return await db
    .selectFrom('api_tokens')
    .innerJoin('users', 'users.id', 'api_tokens.user_id')
    .select([
      'api_tokens.id as token_id',
      'api_tokens.permissions',
      'api_tokens.expires_at',
      'api_tokens.last_used_at',
      'users.id',
      'users.email',
      'users.role',
    ])
    .where('token_hash', '=', tokenHash)
    .where('users.disabled_at', 'is', null)
    .executeTakeFirst()
}

/** The hashes of a user's tokens. */
export async function findTokenHashes(db: Kysely<IdentityTables>, userId: string): Promise<string[]> {
  const rows = await db.selectFrom('api_tokens').select('token_hash').where('user_id', '=', userId).execute()
  return rows.map((row) => row.token_hash)
}

export async function touchApiToken(trx: Transaction<IdentityTables>, id: string, now: Date): Promise<void> {
  await trx.updateTable('api_tokens').set({ last_used_at: now }).where('id', '=', id).execute()
}

export async function lockApiToken(
  trx: Transaction<IdentityTables>,
  id: string,
): Promise<ApiTokenRow | undefined> {
  return await trx.selectFrom('api_tokens').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

export async function deleteApiToken(trx: Transaction<IdentityTables>, id: string): Promise<void> {
  await trx.deleteFrom('api_tokens').where('id', '=', id).execute()
}

type List = { readonly userId: string; readonly request: PageRequest }

export async function listApiTokens(
  db: Kysely<IdentityTables>,
  { userId, request }: List,
): Promise<Page<ApiTokenRow>> {
  const found = db.selectFrom('api_tokens').where('user_id', '=', userId)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'api_tokens.created_at', holds: 'time', descending: true },
    sortValueOf: (row) => row.created_at,
    request,
  })
}

/** JSON is text in every engine; a token that cannot be read carries nothing. */
export function readPermissions(json: string): string[] {
  const value: unknown = JSON.parse(json)
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
