import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import bcrypt from 'bcrypt'
import { engines, onEach } from '#tests/backends'
import { PASSWORD, startTestApp, type TestApp } from '#tests/test-app'
import { createPasswords } from './passwords.ts'

const ARGON2ID = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/

describe('passwords', () => {
  const argon2 = createPasswords({ scheme: 'argon2id' })
  const bcrypts = createPasswords({ scheme: 'bcrypt' })

  it('I5 hashes with argon2id, 19 MiB and two passes, with another salt each time', async () => {
    const [first, second] = [await argon2.hash(PASSWORD), await argon2.hash(PASSWORD)]
    for (const hash of [first, second]) {
      assert.match(hash, ARGON2ID)
      assert.equal(await argon2.verify(PASSWORD, hash), true)
      assert.equal(await argon2.verify(`${PASSWORD} `, hash), false)
      assert.equal(argon2.isOutdated(hash), false)
    }
    assert.notEqual(first, second)
  })

  it('I5 verifies the hash of another implementation of argon2id', async () => {
    // The first test vector of the reference implementation's command line: m=65536, t=2, p=1.
    const known = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    assert.equal(await argon2.verify('password', known), true)
    assert.equal(await argon2.verify('Password', known), false)
  })

  it('I5 takes a weaker argon2id hash for outdated', () => {
    const tail = '$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    assert.equal(argon2.isOutdated(`$argon2id$v=19$m=4096,t=2,p=1${tail}`), true)
    assert.equal(argon2.isOutdated(`$argon2id$v=19$m=19456,t=1,p=1${tail}`), true)
    assert.equal(argon2.isOutdated(`$argon2id$v=19$m=65536,t=3,p=1${tail}`), false)
  })

  it('I5 lets nobody in with a stored hash that it cannot read', async () => {
    for (const stored of ['', 'x', PASSWORD, '$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g']) {
      assert.equal(await argon2.verify(PASSWORD, stored), false, stored)
    }
  })

  it('I5 hashes with bcrypt of cost 12 for those who must', async () => {
    const hash = await bcrypts.hash(PASSWORD)
    assert.match(hash, /^\$2b\$12\$/)
    assert.equal(await bcrypts.verify(PASSWORD, hash), true)
    assert.equal(await bcrypts.verify('wrong', hash), false)
    assert.equal(bcrypts.isOutdated(hash), false)
    assert.equal(bcrypts.isOutdated(hash.replace('$12$', '$10$')), true)
    assert.equal(argon2.isOutdated(hash), true)
  })

  it('I5 refuses more than 72 bytes with bcrypt, counted in bytes, and not with argon2id', async () => {
    const refused = (error: unknown) =>
      error instanceof Error && JSON.stringify(error).includes('password_too_long')
    for (const password of ['kT9#wq!x'.repeat(9) + '!', 'é'.repeat(37)]) {
      await assert.rejects(bcrypts.checkNew(password, '/password'), refused)
      assert.equal(bcrypts.canHash(password), false)
      await argon2.checkNew(password, '/password')
    }
    await bcrypts.checkNew('kT9#wq!x'.repeat(9), '/password')
  })

  it('I5 answers no for an account that is not there', async () => {
    assert.equal(await argon2.verifyNothing(PASSWORD), false)
  })
})

onEach(engines, 'stored passwords', (backend) => {
  let karya: TestApp

  before(async () => {
    karya = await startTestApp(backend)
  })
  after(async () => await karya.stop())

  async function hashOf(id: string, app = karya): Promise<string> {
    const row = await app.db
      .selectFrom('users')
      .select('password_hash')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    return row.password_hash
  }

  async function signInStatus(email: string, password: string, app = karya): Promise<number> {
    return (await app.ask('POST', '/api/v1/auth/login', { body: { email, password } })).status
  }

  it('I5 keeps an argon2id hash in the column', async () => {
    const { id } = await karya.enrol()
    assert.match(await hashOf(id), ARGON2ID)
  })

  for (const prefix of ['$2a$', '$2b$', '$2y$']) {
    it(`I5 verifies an imported bcrypt hash (${prefix}) and replaces it at the next sign-in`, async () => {
      const { id, email } = await karya.enrol()
      const imported = (await bcrypt.hash('the old password', 10)).replace(/^\$2b\$/, prefix)
      await karya.db.updateTable('users').set({ password_hash: imported }).where('id', '=', id).execute()
      assert.equal(await signInStatus(email, 'not the old password'), 401)
      assert.equal(await hashOf(id), imported, 'a wrong password replaces nothing')
      assert.equal(await signInStatus(email, 'the old password'), 200)
      const replaced = await hashOf(id)
      assert.match(replaced, ARGON2ID)
      assert.equal(await signInStatus(email, 'the old password'), 200)
      assert.equal(await hashOf(id), replaced, 'a strong one stays')
    })
  }

  it('I5 lets everybody in who signs in at once with an imported hash', async () => {
    const { id, email } = await karya.enrol()
    const imported = await bcrypt.hash('the old password', 10)
    await karya.db.updateTable('users').set({ password_hash: imported }).where('id', '=', id).execute()
    const statuses = await Promise.all(
      Array.from({ length: 5 }, () => signInStatus(email, 'the old password')),
    )
    assert.deepEqual(statuses, [200, 200, 200, 200, 200])
    assert.match(await hashOf(id), ARGON2ID)
  })

  it('I5 with PASSWORD_HASH=bcrypt refuses what bcrypt would cut off, and never cuts off itself', async () => {
    const app = await startTestApp(backend, { environment: { PASSWORD_HASH: 'bcrypt' } })
    try {
      const long = 'kT9#wq!x'.repeat(10)
      const { status, body } = await app.ask('POST', '/api/v1/auth/register', {
        body: { name: 'Long', email: 'long@karya.test', password: long },
      })
      assert.deepEqual([status, body.errors[0].code], [400, 'password_too_long'])
      const { id, email } = await app.enrol()
      assert.match(await hashOf(id, app), /^\$2b\$12\$/)
      // From before the switch to bcrypt.
      const argon2Hash = await createPasswords({ scheme: 'argon2id' }).hash(long)
      await app.db.updateTable('users').set({ password_hash: argon2Hash }).where('id', '=', id).execute()
      assert.equal(await signInStatus(email, long, app), 200)
      assert.equal(await signInStatus(email, `${long.slice(0, 72)} and another end`, app), 401)
    } finally {
      await app.stop()
    }
  })
})
