import type { Transaction } from 'kysely'
import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import type { Access } from './access.ts'
import { findTokenHashes } from './api-token-queries.ts'
import { refuse } from './errors.ts'
import { userEvent } from './events.ts'
import type { IdentityParts } from './parts.ts'
import { nameColumns } from './registration.ts'
import type { User, UserChange, UserQuery } from './schemas.ts'
import { lockSessionsOf } from './session-queries.ts'
import { createRevoke } from './sessions.ts'
import type { IdentityTables } from './table.ts'
import {
  deleteUser,
  findUser,
  listUsers,
  lockAdministrators,
  lockUser,
  type UserRow,
  updateUser,
} from './user-queries.ts'
import { toUser } from './views.ts'

type UserParts = IdentityParts & { readonly access: Access }

export type Users = ReturnType<typeof createUsers>

/** The administration of accounts (I4). */
export function createUsers(parts: UserParts) {
  const { db, clock, outbox, access } = parts
  const revoke = createRevoke(parts)

  return {
    async listUsers(query: UserQuery) {
      const page = await listUsers(db, { role: query.role, q: query.q, request: toPageRequest(query) })
      return presentPage(page, toUser)
    },

    async getUser(id: string): Promise<User> {
      const row = await findUser(db, id)
      if (row === undefined) throw refuse('user_not_found')
      return toUser(row)
    },

    async changeUser(call: Call<User>, id: string, change: UserChange): Promise<User> {
      // Under what the user's access is remembered, in the shared cache as well: by session and by API token.
      let stale: string[] = []
      const user = await transaction(db, call, async (trx) => {
        const { row, administrators } = await lockAccount(trx, id)
        const ids = await lockSessionsOf(trx, id)
        stale = [...ids, ...(await findTokenHashes(trx, id))]
        checkVersion(call, row)
        const now = clock.now()
        const disabled = change.disabled ?? row.disabled_at !== null
        const changed: UserRow = {
          ...row,
          ...nameColumns({ ...row, ...change }),
          role: change.role ?? row.role,
          locale: change.locale === undefined ? row.locale : change.locale,
          disabled_at: disabled ? (row.disabled_at ?? now) : null,
          version: row.version + 1,
          updated_at: now,
        }
        if (changed.role !== 'admin' || disabled) keepAnAdministrator(row, administrators)
        await updateUser(trx, id, changed)
        const isNewlyDisabled = disabled && row.disabled_at === null
        const answer = toUser(changed)
        await outbox.append(trx, call, userEvent(isNewlyDisabled ? 'disabled' : 'updated', answer))
        if (isNewlyDisabled) await revoke(trx, call, { userId: id, ids, reason: 'user_disabled' })
        return answer
      })
      await access.forget(...stale)
      return user
    },

    /** Removes the account with its sessions and tokens; what others keep of the user hears of it by the event. */
    async deleteUser(call: Call<void>, id: string): Promise<void> {
      let stale: string[] = []
      await transaction(db, call, async (trx) => {
        const { row, administrators } = await lockAccount(trx, id)
        const ids = await lockSessionsOf(trx, id)
        stale = [...ids, ...(await findTokenHashes(trx, id))]
        checkVersion(call, row)
        keepAnAdministrator(row, administrators)
        await revoke(trx, call, { userId: id, ids, reason: 'user_disabled' })
        await deleteUser(trx, id)
        const last = { ...row, version: row.version + 1, updated_at: clock.now() }
        await outbox.append(trx, call, userEvent('deleted', toUser(last)))
      })
      await access.forget(...stale)
    },
  }
}

type Account = { readonly row: UserRow; readonly administrators: readonly string[] }

async function lockAccount(trx: Transaction<IdentityTables>, id: string): Promise<Account> {
  // Administrators first: whoever takes one's rights away holds the locks in this order.
  const administrators = await lockAdministrators(trx)
  const row = await lockUser(trx, id)
  if (row === undefined) throw refuse('user_not_found')
  return { row, administrators }
}

/** Refuses to take the rights of the only one who has them (I4). */
function keepAnAdministrator(row: UserRow, administrators: readonly string[]): void {
  if (row.role !== 'admin' || row.disabled_at !== null) return
  if (administrators.every((id) => id === row.id)) throw refuse('last_administrator')
}
