import assert from 'node:assert/strict'
import { it } from 'node:test'
import { migrate } from '#platform/database/migrate'
import { openDatabase } from '#platform/database/open'
import { createLog } from '#platform/telemetry/log'
import { engines, onEach } from '#tests/backends'
import { readConfig } from '../config.ts'
import { migrations } from './index.ts'
import { type Holiday, holidaysOf2027 } from './indonesian-holidays.ts'

const NAME = '0022-holidays-2027'
const older = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < NAME))

onEach(engines, 'a database older than the decree for 2027', (backend) => {
  /** Answers the days of 2027 after `edit` has been done to what an older version kept. */
  async function upgraded(edit: (days: Holiday[]) => Holiday[]): Promise<Holiday[]> {
    const place = await backend.create()
    const { database: options } = readConfig(place.environment)
    const log = createLog({ level: 'error', destination: { write: () => {} } })
    const { db: plain, close } = await openDatabase({ ...options, log })
    const db = plain.withTables<{ holidays: Holiday }>()
    try {
      await migrate(db, older)
      await db.deleteFrom('holidays').where('day', 'like', '2027-%').execute()
      const expected = holidaysOf2027
        .filter(({ kind }) => kind === 'national')
        .map((each) =>
          each.day.startsWith('2027-03-1') ? { ...each, name: `${each.name} (perkiraan)` } : each,
        )
      await db.insertInto('holidays').values(edit(expected)).execute()
      const [first] = await migrate(db, migrations)
      assert.equal(first, NAME)
      const read = db.selectFrom('holidays').selectAll().where('day', 'like', '2027-%').orderBy('day')
      const days = await read.execute()
      await migrations[NAME]?.up(db)
      assert.deepEqual(await read.execute(), days, 'the same when it is run again')
      return days
    } finally {
      await close()
      await place.remove()
    }
  }
  const decree = holidaysOf2027.toSorted((one, other) => (one.day < other.day ? -1 : 1))

  it('D8 gets its joint leave, and its expected days are no longer called so', async () => {
    assert.deepEqual(await upgraded((days) => days), decree)
  })

  it('D8 keeps the days that somebody has named, added or taken out', async () => {
    const own = { day: '2027-03-12', name: 'Pabrik libur', kind: 'own' }
    const days = await upgraded((all) => [
      ...all
        .filter(({ day }) => day !== '2027-03-10')
        .map((each) => ({ ...each, name: `Libur ${each.name}` })),
      own,
    ])
    const names = new Map(days.map(({ day, name }) => [day, name]))
    assert.equal(names.has('2027-03-10'), false)
    assert.equal(names.get('2027-03-11'), 'Libur Idul Fitri 1448 Hijriah (perkiraan)')
    assert.equal(names.get('2027-03-12'), 'Pabrik libur')
    assert.equal(names.get('2027-03-15'), 'Cuti bersama Idul Fitri')
  })

  it('D8 gets none beside joint leave that somebody has put in', async () => {
    const own = { day: '2027-12-31', name: 'Cuti bersama kami', kind: 'joint_leave' }
    const days = await upgraded((all) => [...all, own])
    assert.deepEqual(
      days.filter(({ kind }) => kind === 'joint_leave'),
      [own],
    )
  })
})
