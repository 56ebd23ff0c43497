import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import { databaseFailure } from '../database/failure.ts'
import type { PlatformTables } from '../database/tables.ts'
import type { Ids } from '../id.ts'

type InstallationParts = {
  readonly db: Kysely<PlatformTables>
  readonly clock: Clock
  readonly ids: Ids
}

/** The identity of this database among others, made at its first start. */
export async function provideInstallation({ db, clock, ids }: InstallationParts): Promise<string> {
  const find = async () =>
    await db.selectFrom('installation').select('id').where('name', '=', 'this').executeTakeFirst()
  const known = await find()
  if (known !== undefined) return known.id
  try {
    await db
      .insertInto('installation')
      .values({ name: 'this', id: ids.next(), created_at: clock.now() })
      .execute()
  } catch (error) {
    // Another process, started at the same moment, was first.
    if (databaseFailure(error) !== 'unique') throw error
  }
  const made = await find()
  if (made === undefined) throw new Error('the installation has no row of its own')
  return made.id
}
