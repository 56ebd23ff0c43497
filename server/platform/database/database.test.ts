import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import * as fc from 'fast-check'
import { type Kysely, sql } from 'kysely'
import { engines, onEach, type Place } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { readConfig } from '../../config.ts'
import { migrations } from '../../migrations/index.ts'
import { systemCall } from '../call.ts'
import { refuse } from '../errors.ts'
import { systemIds } from '../id.ts'
import { createLog } from '../telemetry/log.ts'
import { databaseFailure, violatesUnique } from './failure.ts'
import { migrate, pendingMigrations } from './migrate.ts'
import { type Database, openDatabase } from './open.ts'
import { listMerged, listPage, rowCount } from './pages.ts'
import { createIndex, createTable, type MigrationDatabase } from './schema.ts'
import type { PlatformTables } from './tables.ts'
import { transaction } from './transaction.ts'

type Tables = PlatformTables & {
  things: { id: string; name: string; amount: number; made_at: Date }
}

async function open(place: Place, more: Record<string, string> = {}): Promise<Database> {
  const { database } = readConfig({ ...place.environment, ...more })
  return await openDatabase({
    ...database,
    log: createLog({ level: 'error', destination: { write: () => {} } }),
  })
}

/** A migration knows no types of tables. */
function asMigration(db: object): MigrationDatabase {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return db as MigrationDatabase
}

onEach(engines, 'the database', (backend) => {
  let place: Place
  let database: Database
  let db: Kysely<Tables>

  before(async () => {
    place = await backend.create()
    database = await open(place)
    db = database.db.withTables<Tables>()
    // Twice, as after a migration that MySQL could not undo.
    for (let round = 0; round < 2; round += 1) {
      await createTable(asMigration(database.db), 'things', (table, { id, text, integer, time }) =>
        table
          .addColumn('id', id, (column) => column.primaryKey())
          .addColumn('name', text(200), (column) => column.notNull())
          .addColumn('amount', integer, (column) => column.notNull())
          .addColumn('made_at', time, (column) => column.notNull()),
      )
      await createIndex(asMigration(database.db), 'things', ['name'], { unique: true })
      await createIndex(asMigration(database.db), 'things', ['amount'])
    }
  })
  after(async () => {
    await database.close()
    await place.remove()
  })

  const thing = (name: string, amount = 0, made_at = new Date(0)) => ({
    id: systemIds.next(),
    name,
    amount,
    made_at,
  })
  const count = async () => (await db.selectFrom('things').select(rowCount).executeTakeFirstOrThrow()).count

  it('C2 keeps integers to 2^53 - 1, milliseconds, emoji, and keys that differ in case or an accent', async () => {
    const names = ['a', 'A', ' a', 'á', 'a\u0301', '😀', '👨‍👩‍👧', 'ß', 'ss']
    // MariaDB's keys overlook a space at the end, which is why keys are folded; the others tell them apart.
    if (backend.engine !== 'mysql') names.push('a ')
    const largest = Number.MAX_SAFE_INTEGER
    for (const name of names) {
      await db
        .insertInto('things')
        .values(thing(name, largest, new Date(1_700_000_000_123)))
        .execute()
    }
    for (const name of names) {
      const rows = await db.selectFrom('things').selectAll().where('name', '=', name).execute()
      assert.deepEqual(
        rows.map((row) => [row.name, row.amount, row.made_at.getTime()]),
        [[name, largest, 1_700_000_000_123]],
      )
    }
    await assert.rejects(db.insertInto('things').values(thing('a')).execute(), (error) => {
      assert.equal(databaseFailure(error), 'unique')
      assert.ok(violatesUnique(error, 'things', 'name'))
      assert.ok(!violatesUnique(error, 'things', 'amount'))
      return true
    })
    await db.deleteFrom('things').execute()
  })

  it('F7 a transaction that refuses leaves nothing, and its companion nothing either', async () => {
    const call = {
      ...systemCall,
      companion: {
        recall: async () => {},
        begin: async () => {
          assert.equal(await count(), 0)
        },
        finish: async () => await Promise.reject(refuse('forbidden')),
        hold: async () => {},
        refuse: async () => {},
      },
    }
    await assert.rejects(
      transaction(
        db,
        call,
        async (trx) => void (await trx.insertInto('things').values(thing('x')).execute()),
      ),
      { code: 'forbidden' },
    )
    assert.equal(await count(), 0)
  })

  it('F7 runs the whole of it again after a conflict, and gives up as 503', async () => {
    const conflict = Object.assign(new Error('deadlock'), { code: '40P01' })
    let runs = 0
    await transaction(db, systemCall, async (trx) => {
      runs += 1
      await trx.insertInto('things').values(thing('again')).execute()
      if (runs < 4) throw conflict
    })
    assert.deepEqual([runs, await count()], [4, 1])
    runs = 0
    const hopeless = transaction(db, systemCall, async () => {
      runs += 1
      throw conflict
    })
    await assert.rejects(hopeless, { code: 'unavailable', retryAfterSeconds: 1, cause: conflict })
    assert.equal(runs, 12)
    await db.deleteFrom('things').execute()
  })

  it('F7 who waits longer than allowed for a connection is refused, and the pool recovers', async () => {
    const small = await open(place, { DB_POOL_MAX: '1', DB_ACQUIRE_TIMEOUT_MS: '200' })
    await small.db.transaction().execute(async (trx) => {
      await sql`select 1`.execute(trx)
      await assert.rejects(
        small.db.transaction().execute(async (other) => await sql`select 1`.execute(other)),
        (error) => {
          assert.ok(
            databaseFailure(error) === 'unavailable' || Reflect.get(Object(error), 'code') === 'unavailable',
          )
          return true
        },
      )
    })
    await small.ping()
    await small.close()
  })

  // SQLite has no connections to let go of.
  if (backend.engine !== 'sqlite')
    it('F7 lets go of connections that have been idle for longer than allowed', async () => {
      const idle = await open(place, { DB_POOL_MAX: '3', DB_POOL_IDLE: '1' })
      const kept = await open(place, { DB_POOL_MAX: '3', DB_POOL_IDLE: '60' })
      for (const { db: pooled, poolState } of [idle, kept]) {
        await Promise.all([1, 2, 3].map(async (each) => await sql`select ${each}`.execute(pooled)))
        assert.equal(poolState().total, 3)
      }
      await eventually(
        async () => idle.poolState().total,
        (total) => total === 0,
      )
      assert.equal(kept.poolState().total, 3)
      await Promise.all([idle.ping(), kept.ping()])
      await Promise.all([idle.close(), kept.close()])
    })

  it('C5 pages go through every row once, in order, as a list in memory does', async () => {
    const arrays = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 25 })
    const property = fc.asyncProperty(
      arrays,
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      async (amounts, limit, descending) => {
        await db.deleteFrom('things').execute()
        const rows = amounts.map((amount, index) => thing(`n${index}`, amount, new Date(amount * 1_000)))
        if (rows.length > 0) await db.insertInto('things').values(rows).execute()
        for (const key of ['amount', 'name', 'made_at'] as const) {
          const sorted = rows.toSorted((a, b) => {
            const [x, y] = [
              [a[key], a.id],
              [b[key], b.id],
            ] as const
            return (x[0] < y[0] || (!(x[0] > y[0]) && x[1] < y[1]) ? -1 : 1) * (descending ? -1 : 1)
          })
          const seen: string[] = []
          let cursor: string | undefined
          do {
            const query = db.selectFrom('things').selectAll()
            const holds = key === 'amount' ? 'number' : key === 'name' ? 'text' : 'time'
            const page = await listPage({
              query,
              sort: { column: `things.${key}`, holds, descending },
              sortValueOf: (row) => row[key],
              request: { limit, cursor },
            })
            seen.push(...page.rows.map(({ id }) => id))
            assert.ok(seen.length <= rows.length)
            cursor = page.nextCursor ?? undefined
          } while (cursor !== undefined)
          assert.deepEqual(
            seen,
            sorted.map(({ id }) => id),
          )
        }
      },
    )
    await fc.assert(property, { numRuns: 15 })
    await db.deleteFrom('things').execute()
  })

  it('C5 a forged cursor is refused before the engine sees it', async () => {
    const id = systemIds.next()
    const cases: [
      column: 'id' | 'name' | 'amount' | 'made_at',
      holds: 'text' | 'number' | 'time',
      parts: unknown,
    ][] = [
      ['name', 'text', ['things.name', 'a\0', id]],
      ['name', 'text', ['things.name', '\ud800', id]],
      ['name', 'text', ['things.name', 'a', '-'.repeat(36)]],
      ['id', 'text', ['things.id', 'a', id]],
      ['id', 'text', ['things.id', systemIds.next(), id]],
      ['amount', 'number', ['things.amount', 1.5, id]],
      ['amount', 'number', ['things.amount', 1e300, id]],
      ['amount', 'number', ['things.name', 1, id]],
      ['made_at', 'time', ['things.made_at', 8.64e15 + 2, id]],
      ['amount', 'number', null],
    ]
    for (const [column, holds, parts] of cases) {
      const cursor = Buffer.from(JSON.stringify(parts)).toString('base64url')
      const page = listPage({
        query: db.selectFrom('things').selectAll(),
        sort: { column: `things.${column}`, holds, descending: false },
        sortValueOf: (row) => row[column],
        request: { limit: 1, cursor },
      })
      await assert.rejects(page, { code: 'invalid_input' }, JSON.stringify(parts))
      if (column !== 'id') continue
      const merged = listMerged({
        queries: [db.selectFrom('things').selectAll()],
        table: 'things',
        descending: true,
        request: { limit: 1, cursor },
      })
      await assert.rejects(merged, { code: 'invalid_input' }, JSON.stringify(parts))
    }
  })

  it('F5 eight who migrate at once all succeed, and every migration is run once', async () => {
    const empty = await backend.create()
    const all = await Promise.all(Array.from({ length: 8 }, async () => await open(empty)))
    try {
      const ran = await Promise.all(all.map(async (each) => await migrate(each.db, migrations)))
      assert.deepEqual(ran.flat().toSorted(), Object.keys(migrations).toSorted())
      const [first] = all
      assert.ok(first)
      assert.deepEqual(await migrate(first.db, migrations), [])
      assert.deepEqual(await pendingMigrations(first.db, migrations), [])
    } finally {
      await Promise.all(all.map(async (each) => await each.close()))
      await empty.remove()
    }
  })

  if (backend.engine === 'sqlite') {
    it('C4 on SQLite another process that holds the file is waited for, then it is a 503', async () => {
      const impatient = await open(place, { DB_ACQUIRE_TIMEOUT_MS: '200' })
      const other = new DatabaseSync((place.environment['DATABASE_URL'] ?? '').slice('sqlite:'.length))
      other.exec('begin immediate')
      await assert.rejects(
        transaction(impatient.db, systemCall, async () => {}),
        { code: 'unavailable' },
      )
      setTimeout(() => other.exec('commit'), 50)
      await transaction(impatient.db, systemCall, async () => {})
      other.close()
      await impatient.close()
    })
  }
})

describe('database failures', () => {
  it('C4 are told apart by code, number and message', () => {
    const cases: [object, string | undefined][] = [
      [{ code: '40001' }, 'conflict'],
      [{ errno: 1213 }, 'conflict'],
      [{ code: '55P03' }, 'busy'],
      [{ errno: 1205 }, 'busy'],
      [{ errcode: 5 }, 'busy'],
      [{ errcode: 517 }, 'busy'],
      [{ code: '23505' }, 'unique'],
      [{ errcode: 2067 }, 'unique'],
      [{ code: '08000' }, 'unavailable'],
      [{ code: '08006' }, 'unavailable'],
      // Too many parameters, as often as it is tried.
      [{ code: '08P01' }, undefined],
      [{ code: 'ECONNREFUSED' }, 'unavailable'],
      [{ code: '42P01' }, undefined],
      [{ code: 'ERR_SQLITE_ERROR', errcode: 1 }, undefined],
      [{ code: 'constructor' }, undefined],
    ]
    for (const [facts, expected] of cases) {
      assert.equal(databaseFailure(Object.assign(new Error('x'), facts)), expected, JSON.stringify(facts))
    }
    assert.equal(databaseFailure(new Error('Connection terminated unexpectedly')), 'unavailable')
    assert.equal(databaseFailure('text'), undefined)
  })
})
