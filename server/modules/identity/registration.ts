import type { Transaction } from 'kysely'
import { type Call, may, systemCall } from '#platform/call'
import { refuseTaken, type UniqueKey, violatesUnique } from '#platform/database/failure'
import { fold } from '#platform/database/search'
import { transaction } from '#platform/database/transaction'
import { refuseCaller } from '#platform/http/callers'
import { refuse } from './errors.ts'
import { userEvent } from './events.ts'
import type { IdentityParts } from './parts.ts'
import type { Passwords } from './passwords.ts'
import { mayCreate, type Role } from './roles.ts'
import type { RegisterBody } from './schemas.ts'
import type { Device, Grant, StartSession } from './sign-in.ts'
import type { IdentityTables } from './table.ts'
import { findUserByEmail, insertUser, type UserRow } from './user-queries.ts'
import { toUser } from './views.ts'

export const uniqueNames: readonly UniqueKey[] = [
  { table: 'users', column: 'email_key', refuse: () => refuse('email_taken') },
  { table: 'users', column: 'username_key', refuse: () => refuse('username_taken') },
]

type RegistrationParts = IdentityParts & {
  readonly passwords: Passwords
  readonly startSession: StartSession
}
type NewUser = Pick<RegisterBody, 'name' | 'lastname' | 'email' | 'username'> & {
  readonly role: Role
  readonly locale: string | null
  readonly passwordHash: string
}

type Origin = {
  readonly device: Device
  /** Why there is no actor, where there is none. */
  readonly anonymity: 'missing_authorization' | 'invalid_token'
}

export type Registration = ReturnType<typeof createRegistration>

export function createRegistration({ db, clock, ids, outbox, passwords, startSession }: RegistrationParts) {
  return {
    /** Anyone may register a customer; another role needs `users:create`, and a creator who may give it (I1). */
    async register(call: Call<Grant>, body: RegisterBody, { device, anonymity }: Origin): Promise<Grant> {
      const role = body.role ?? 'customer'
      if (role !== 'customer') requireMayCreate(call, role, anonymity)
      await passwords.checkNew(body.password, '/password')
      const passwordHash = await passwords.hash(body.password)
      const locale = body.locale === undefined ? call.language : body.locale
      return await refuseTaken(uniqueNames, () =>
        transaction(db, call, async (trx) => {
          const user = await addUser(trx, call, { ...body, role, locale, passwordHash })
          return await startSession(trx, call, { user, device })
        }),
      )
    },

    /** Creates an administrator unless the address is known already; answers whether it did (F6). */
    async ensureAdministrator({
      email,
      password,
      name,
    }: {
      email: string
      password: string
      name: string
    }): Promise<boolean> {
      if ((await findUserByEmail(db, fold(email, 254))) !== undefined) return false
      await passwords.checkNew(password, '/password')
      const passwordHash = await passwords.hash(password)
      try {
        await transaction(db, systemCall, async (trx) => {
          await addUser(trx, systemCall, { name, email, role: 'admin', locale: null, passwordHash })
        })
        return true
      } catch (error) {
        // Another instance, started at the same moment, was first.
        if (violatesUnique(error, 'users', 'email_key')) return false
        throw error
      }
    },
  }

  async function addUser(trx: Transaction<IdentityTables>, call: Call, user: NewUser): Promise<UserRow> {
    const now = clock.now()
    const row: UserRow = {
      id: ids.next(),
      ...nameColumns({
        name: user.name,
        lastname: user.lastname,
        email: user.email,
        username: user.username,
      }),
      password_hash: user.passwordHash,
      role: user.role,
      locale: user.locale,
      disabled_at: null,
      version: 1,
      created_at: now,
      updated_at: now,
    }
    await insertUser(trx, row)
    await outbox.append(trx, call, userEvent('registered', toUser(row)))
    return row
  }
}

function requireMayCreate(call: Call, role: Role, anonymity: Origin['anonymity']): void {
  if (call.actor === null) throw refuseCaller(anonymity)
  if (!may(call, 'users:create') || !mayCreate(call.actor.role, role)) {
    throw refuse('role_not_allowed', { details: { role } })
  }
}

type Names = {
  readonly name: string
  readonly lastname?: string | null | undefined
  readonly email: string
  readonly username?: string | null | undefined
}

/** A user's names as columns, with the folded forms by which they are unique and found. */
export function nameColumns({ name, lastname, email, username }: Names) {
  return {
    name: name.trim(),
    lastname: lastname?.trim() ?? null,
    email: email.trim(),
    email_key: fold(email, 254),
    username: username ?? null,
    username_key: username === null || username === undefined ? null : fold(username, 64),
    search_text: fold([name, lastname, email, username].filter(Boolean).join(' '), 800),
  }
}
