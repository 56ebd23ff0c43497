import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createLog } from '#platform/telemetry/log'
import { engines, onEach, type Place } from '#tests/backends'
import { PASSWORD, SECRET } from '#tests/test-app'
import { type App, createApp } from '../../app.ts'
import { readConfig } from '../../config.ts'
import type { IdentityTables } from './table.ts'

onEach(engines, 'the first administrator', (backend) => {
  let place: Place

  before(async () => {
    place = await backend.create()
  })
  after(async () => await place.remove())

  async function start(environment: Record<string, string> = {}): Promise<App> {
    const config = readConfig({
      ...place.environment,
      PORT: '0',
      ADMIN_EMAIL: 'admin@karya.test',
      ADMIN_PASSWORD: PASSWORD,
      ...environment,
    })
    const log = createLog({ level: 'error', destination: { write: () => {} } })
    return await createApp({ config, log, secret: SECRET })
  }

  async function rowsIn(app: App) {
    const db = app.database.db.withTables<IdentityTables>()
    const users = await db.selectFrom('users').select(['email', 'role', 'password_hash']).execute()
    const events = await db.selectFrom('outbox').select('type').execute()
    return { users, events: events.map(({ type }) => type) }
  }

  it('F6 is created once by several instances that start at once, and not again by the next', async () => {
    const apps = await Promise.all([start(), start(), start()])
    try {
      const [first] = apps
      const { users, events } = await rowsIn(first)
      assert.deepEqual(
        users.map(({ email, role }) => [email, role]),
        [['admin@karya.test', 'admin']],
      )
      assert.deepEqual(events, ['user.registered'])
      const later = await start({ ADMIN_EMAIL: 'ADMIN@karya.test', ADMIN_PASSWORD: 'another good password' })
      apps.push(later)
      assert.deepEqual((await rowsIn(later)).users, users, 'neither a second one nor another password')
    } finally {
      await Promise.all(apps.map(async (app) => await app.stop()))
    }
  })

  it('F2 stops the start that would make it with a password that is refused, and names the variable', async () => {
    const ADMIN_EMAIL = 'second@karya.test'
    for (const [environment, why] of [
      [{ ADMIN_PASSWORD: 'password1' }, /^ {2}ADMIN_PASSWORD: is one of the most common passwords$/m],
      [
        { ADMIN_PASSWORD: 'é'.repeat(40), PASSWORD_HASH: 'bcrypt' },
        /^ {2}ADMIN_PASSWORD: must be at most 72 bytes long$/m,
      ],
    ] as const)
      await assert.rejects(start({ ADMIN_EMAIL, ...environment }), { name: 'ConfigError', message: why })
  })
})
