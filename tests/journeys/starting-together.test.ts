import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach, type Place } from '#tests/backends'
import { JOURNEY, lookInto } from '#tests/journey'
import { startServerProcess } from '#tests/server-process'
import { migrations } from '../../server/migrations/index.ts'

const PROCESSES = Number(process.env['PROCESSES'] ?? 8)

onEach(engines, 'starting together', (backend) => {
  let place: Place

  before(async () => {
    place = await backend.create()
  })
  after(async () => await place.remove())

  it(`F5 F6 lets ${PROCESSES} processes start at once on an empty database: each migration once, one administrator`, async () => {
    const servers = await Promise.all(
      Array.from({ length: PROCESSES }, () => startServerProcess({ ...place.environment, ...JOURNEY })),
    )
    for (const { kill } of servers) kill('SIGTERM')
    assert.deepEqual(new Set(await Promise.all(servers.map(({ ended }) => ended))), new Set([0]))
    await lookInto(place, async (db) => {
      const ran = await db
        .withTables<{ kysely_migration: { name: string } }>()
        .selectFrom('kysely_migration')
        .select('name')
        .orderBy('name')
        .execute()
      assert.deepEqual(
        ran.map(({ name }) => name),
        Object.keys(migrations),
      )
      const users = await db.selectFrom('users').select(['email', 'role']).execute()
      assert.deepEqual(
        users.map(({ email, role }) => [email, role]),
        [[JOURNEY.ADMIN_EMAIL, 'admin']],
      )
      const events = await db
        .selectFrom('outbox')
        .select('type')
        .where('type', '=', 'user.registered')
        .execute()
      assert.equal(events.length, 1)
    })
  })
})
