import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { systemCall } from '#platform/call'
import { AppError } from '#platform/errors'
import { engines, onEach } from '#tests/backends'
import { PASSWORD, startTestApp, type TestApp } from '#tests/test-app'
import { createAttempts } from './attempts.ts'
import { createPasswords, type Passwords } from './passwords.ts'
import { createSignIn } from './sign-in.ts'
import type { IdentityTables } from './table.ts'
import type { UserRow } from './user-queries.ts'

onEach(engines, 'signing in while the account changes', (backend) => {
  let karya: TestApp

  before(async () => {
    karya = await startTestApp(backend)
  })
  after(async () => await karya.stop())

  /** Signs in, and does something right after the password was found to be right; answers who got a session. */
  async function signInWhile(email: string, meanwhile: () => Promise<void>): Promise<string[]> {
    const db = karya.app.database.db.withTables<IdentityTables>()
    const real = createPasswords({ scheme: 'argon2id' })
    let looks = 0
    const passwords: Passwords = {
      ...real,
      verify: async (password, stored) => {
        const isRight = await real.verify(password, stored)
        looks += 1
        if (looks === 1) await meanwhile()
        return isRight
      },
    }
    const started: string[] = []
    const signIn = createSignIn({
      db,
      passwords,
      attempts: createAttempts({ db, clock: karya.clock }),
      startSession: async (_trx, _call, { user }: { user: UserRow }) => {
        started.push(user.id)
        throw new Error('a session would begin here')
      },
    })
    const device = { address: '10.2.2.2', userAgent: '' }
    await assert.rejects(signIn(systemCall, { email, password: PASSWORD }, device), (error: Error) =>
      started.length > 0 ? true : error instanceof AppError && error.code === 'wrong_credentials',
    )
    return started
  }

  async function change(id: string, columns: { password_hash?: string; disabled_at?: Date }): Promise<void> {
    await karya.db.updateTable('users').set(columns).where('id', '=', id).execute()
  }

  it('I2 begins a session when nothing changes', async () => {
    const { id, email } = await karya.enrol()
    assert.deepEqual(await signInWhile(email, async () => {}), [id])
  })

  it('F10 begins no session with a password that was changed while it was looked at', async () => {
    const { id, email } = await karya.enrol()
    const other = await createPasswords({ scheme: 'argon2id' }).hash('another password')
    assert.deepEqual(await signInWhile(email, async () => await change(id, { password_hash: other })), [])
  })

  it('I5 begins one when the same password was only hashed anew meanwhile', async () => {
    const { id, email } = await karya.enrol()
    const same = await createPasswords({ scheme: 'argon2id' }).hash(PASSWORD)
    assert.deepEqual(await signInWhile(email, async () => await change(id, { password_hash: same })), [id])
  })

  it('I4 begins no session for a user who was disabled or removed while the password was looked at', async () => {
    const [one, two] = [await karya.enrol(), await karya.enrol()]
    const disable = async () => await change(one.id, { disabled_at: karya.clock.now() })
    assert.deepEqual(await signInWhile(one.email, disable), [])
    const remove = async () => {
      const { status } = await karya.ask('DELETE', `/api/v1/users/${two.id}`, {
        token: karya.administrator.token,
      })
      assert.equal(status, 204)
    }
    assert.deepEqual(await signInWhile(two.email, remove), [])
  })
})
