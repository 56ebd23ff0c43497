import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { PlatformTables } from './tables.ts'

export type Migrations = Readonly<Record<string, Migration>>

/**
 * Brings the schema up to date under the engine's own lock, so that any number of instances may start at once (F5).
 * Answers the names of the migrations that this call has run.
 */
export async function migrate(db: Kysely<PlatformTables>, migrations: Migrations): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error !== undefined) {
    const failed = results.find((result) => result.status === 'Error')
    throw new Error(`the migration ${failed?.migrationName ?? ''} failed`, { cause: error })
  }
  return results.filter((result) => result.status === 'Success').map((result) => result.migrationName)
}

/** The names of the migrations that have not been run here. */
export async function pendingMigrations(
  db: Kysely<PlatformTables>,
  migrations: Migrations,
): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } })
  const known = await migrator.getMigrations()
  return known.filter((migration) => migration.executedAt === undefined).map((migration) => migration.name)
}
