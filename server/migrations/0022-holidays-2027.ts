import type { MigrationDatabase } from '#platform/database/schema'
import { type Holiday, holidaysOf2027 } from './indonesian-holidays.ts'

/** What a day was called as long as it was only expected. */
const EXPECTED = ' (perkiraan)'

/** Brings databases that were made before the decree for 2027 to what it says; what somebody has edited stays. */
export async function up(db: MigrationDatabase): Promise<void> {
  const holidays = db.withTables<{ holidays: Holiday }>()
  for (const { day, name } of holidaysOf2027)
    await holidays
      .updateTable('holidays')
      .set({ name })
      .where('day', '=', day)
      .where('name', '=', name + EXPECTED)
      .execute()
  const there = await holidays.selectFrom('holidays').select(['day', 'kind']).execute()
  if (there.some(({ day, kind }) => kind === 'joint_leave' && day.startsWith('2027-'))) return
  const days = new Set(there.map(({ day }) => day))
  const missing = holidaysOf2027.filter(({ day, kind }) => kind === 'joint_leave' && !days.has(day))
  if (missing.length > 0) await holidays.insertInto('holidays').values(missing).execute()
}
