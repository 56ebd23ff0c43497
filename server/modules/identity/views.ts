import { type ApiTokenRow, readPermissions } from './api-token-queries.ts'
import type { ApiToken, Session, User } from './schemas.ts'
import type { SessionRow } from './session-queries.ts'
import type { UserRow } from './user-queries.ts'

/** Rows as they go over the wire; a password's or a token's hash never does. */

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    lastname: row.lastname,
    email: row.email,
    username: row.username,
    role: row.role,
    locale: row.locale,
    disabled: row.disabled_at !== null,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

export function toSession(row: SessionRow, currentId: string | null): Session {
  return {
    id: row.id,
    address: row.address,
    user_agent: row.user_agent,
    current: row.id === currentId,
    created_at: row.created_at.toISOString(),
    last_used_at: row.rotated_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
  }
}

export function toApiToken(row: ApiTokenRow): ApiToken {
  return {
    id: row.id,
    name: row.name,
    permissions: readPermissions(row.permissions),
    expires_at: row.expires_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }
}
