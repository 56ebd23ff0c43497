import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { Kysely } from 'kysely'
import { engines, onEach, type Place } from '#tests/backends'
import { readConfig } from '../../config.ts'
import { systemIds } from '../id.ts'
import { createLog } from '../telemetry/log.ts'
import { type Database, openDatabase } from './open.ts'
import { addColumn, createTable, type MigrationDatabase } from './schema.ts'
import type { PlatformTables } from './tables.ts'
import { insertOnce, upsertNewer } from './upsert.ts'

type Tables = PlatformTables & {
  copies: { id: string; name: string; made_at: Date | null; version: number }
}

onEach(engines, 'rows that may be there already', (backend) => {
  let place: Place
  let database: Database
  let db: Kysely<Tables>

  before(async () => {
    place = await backend.create()
    const config = readConfig(place.environment)
    const log = createLog({ level: 'silent', destination: { write: () => {} } })
    database = await openDatabase({ ...config.database, log })
    db = database.db.withTables<Tables>()
    // A migration knows no types of tables.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const untyped = database.db as unknown as MigrationDatabase
    await createTable(untyped, 'copies', (table, types) =>
      table
        .addColumn('id', types.id, (column) => column.primaryKey())
        .addColumn('version', types.integer, (column) => column.notNull())
        .addColumn('name', types.text(10), (column) => column.notNull()),
    )
    // Twice where, after a migration that stopped half-way, it may be there.
    for (let round = 0; round < (backend.engine === 'mysql' ? 2 : 1); round += 1) {
      await addColumn(untyped, 'copies', { name: 'made_at', type: (types) => types.time })
    }
  })
  after(async () => {
    await database.close()
    await place.remove()
  })

  async function rowOf(id: string) {
    return await db.selectFrom('copies').selectAll().where('id', '=', id).executeTakeFirst()
  }

  it('T5 a later version replaces every column, an earlier and the same one none', async () => {
    const id = systemIds.next()
    const second = { id, version: 2, name: 'second', made_at: new Date(2) }
    await upsertNewer(db, 'copies', second)
    assert.deepEqual(await rowOf(id), second)
    await upsertNewer(db, 'copies', { id, version: 1, name: 'first', made_at: new Date(1) })
    await upsertNewer(db, 'copies', { id, version: 2, name: 'other', made_at: new Date(3) })
    assert.deepEqual(await rowOf(id), second)
    const third = { id, version: 3, name: 'third', made_at: null }
    await upsertNewer(db, 'copies', third)
    assert.deepEqual(await rowOf(id), third)
  })

  it('E1 what is there already stays as it is, and who comes at once with it is not refused', async () => {
    const id = systemIds.next()
    const names = Array.from({ length: 10 }, (_, index) => `name ${index}`)
    const insert = async (name: string) => await insertOnce(db, 'copies', { id, version: 1, name })
    const answers = await Promise.all(names.map(insert))
    const kept = await rowOf(id)
    assert.equal(await insert('too late'), false)
    assert.deepEqual(await rowOf(id), kept)
    assert.deepEqual(
      names.filter((_, index) => answers[index]),
      [kept?.name],
    )
  })

  it('E1 everything else that is wrong with a row is refused', async () => {
    for (const wrong of [
      { version: 1, name: null },
      { version: null, name: 'x' },
    ]) {
      await assert.rejects(insertOnce(db, 'copies', { id: systemIds.next(), ...wrong }))
    }
    if (backend.engine === 'sqlite') return
    const long = { id: systemIds.next(), version: 1, name: 'x'.repeat(11) }
    await assert.rejects(insertOnce(db, 'copies', long))
    await assert.rejects(upsertNewer(db, 'copies', long))
  })
})
