import { actorOf, type Call, checkVersion } from '#platform/call'
import { refuseTaken } from '#platform/database/failure'
import { fold } from '#platform/database/search'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import type { Access } from './access.ts'
import type { Attempts } from './attempts.ts'
import { fieldTexts, refuse } from './errors.ts'
import { userEvent } from './events.ts'
import type { IdentityParts } from './parts.ts'
import type { Passwords } from './passwords.ts'
import { nameColumns, uniqueNames } from './registration.ts'
import type { ProfileChange, User } from './schemas.ts'
import { lockSessionsOf } from './session-queries.ts'
import { createRevoke } from './sessions.ts'
import { findUser, lockUser, type UserRow, updateUser } from './user-queries.ts'
import { toUser } from './views.ts'

type ProfileParts = IdentityParts & {
  readonly passwords: Passwords
  readonly attempts: Attempts
  readonly access: Access
}

export type Profile = ReturnType<typeof createProfile>

/** A user's own account (I3). */
export function createProfile(parts: ProfileParts) {
  const { db, clock, outbox, passwords, attempts, access } = parts
  const revoke = createRevoke(parts)

  return {
    async getProfile(call: Call): Promise<User> {
      return toUser(await getOwn(call))
    },

    /** A new e-mail address or password asks for the current password; a new password ends every session. */
    async changeProfile(call: Call<User>, change: ProfileChange): Promise<User> {
      const seen = await getOwn(call)
      const changesEmail = change.email !== undefined && fold(change.email, 254) !== seen.email_key
      if (changesEmail || change.password !== undefined)
        await requirePassword(call, seen, change.current_password)
      const passwordHash = await hashNew(change.password)

      let ended: string[] = []
      const user = await refuseTaken(uniqueNames, () =>
        transaction(db, call, async (trx) => {
          const row = await lockUser(trx, seen.id)
          if (row === undefined) throw refuse('user_not_found')
          checkVersion(call, row)
          // The password that was looked at must still be the one that holds.
          if (row.password_hash !== seen.password_hash) throw refuse('wrong_password')
          const changed: UserRow = {
            ...row,
            ...nameColumns({ ...row, ...change }),
            password_hash: passwordHash ?? row.password_hash,
            locale: change.locale === undefined ? row.locale : change.locale,
            version: row.version + 1,
            updated_at: clock.now(),
          }
          await updateUser(trx, row.id, changed)
          await outbox.append(trx, call, userEvent('updated', toUser(changed)))
          if (passwordHash !== undefined) {
            ended = await lockSessionsOf(trx, row.id)
            await revoke(trx, call, { userId: row.id, ids: ended, reason: 'password_changed' })
          }
          return toUser(changed)
        }),
      )
      await access.forget(...ended)
      return user
    },
  }

  async function getOwn(call: Call): Promise<UserRow> {
    const row = await findUser(db, actorOf(call).userId)
    if (row === undefined) throw refuse('user_not_found')
    return row
  }

  async function requirePassword(call: Call, user: UserRow, given: string | undefined): Promise<void> {
    if (given === undefined) {
      throw invalidField({ pointer: '/current_password', code: 'required', text: fieldTexts.required })
    }
    // A stolen token must not become a way to guess the password.
    const attempt = await attempts.begin(`profile ${user.id}`, call.address)
    if (!(await passwords.verify(given, user.password_hash))) throw refuse('wrong_password')
    await attempts.succeeded(attempt)
  }

  async function hashNew(password: string | undefined): Promise<string | undefined> {
    if (password === undefined) return undefined
    await passwords.checkNew(password, '/password')
    return await passwords.hash(password)
  }
}
