import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { PlatformTables } from './tables.ts'

/** No migration is to blame: the database is not there, refuses us, or is another program's. */
class DatabaseUnusableError extends Error {
  readonly code = 'ERR_DATABASE_UNUSABLE'

  constructor(cause: unknown) {
    // A host with several addresses fails with one error for each and no message of its own.
    const reasons = cause instanceof AggregateError ? cause.errors : [cause]
    const words = reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason)))
    super(`the database cannot be used: ${words.join('; ')}`, { cause })
  }
}

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
    if (failed === undefined) throw new DatabaseUnusableError(error)
    throw new Error(`the migration ${failed.migrationName} failed`, { cause: error })
  }
  return results.filter((result) => result.status === 'Success').map((result) => result.migrationName)
}

/** The names of the migrations that have not been run here. */
export async function pendingMigrations(
  db: Kysely<PlatformTables>,
  migrations: Migrations,
): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } })
  const known = await migrator.getMigrations().catch((error: unknown) => {
    throw new DatabaseUnusableError(error)
  })
  return known.filter((migration) => migration.executedAt === undefined).map((migration) => migration.name)
}
