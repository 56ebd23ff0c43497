import type { Identity } from '#modules/identity'
import { migrate, pendingMigrations } from '#platform/database/migrate'
import type { Database } from '#platform/database/open'
import { AppError, explainFields } from '#platform/errors'
import type { Log } from '#platform/telemetry/log'
import { type Config, ConfigError } from './config.ts'
import { migrations } from './migrations/index.ts'

type PrepareParts = {
  readonly config: Config
  readonly database: Database
  readonly identity: Identity
  readonly log: Log
}

/** Brings the schema up to date, or refuses to start on an old one, and sees to the first administrator (F5, F6). */
export async function prepareDatabase({ config, database, identity, log }: PrepareParts): Promise<void> {
  if (config.database.migrateOnStart) {
    const ran = await migrate(database.db, migrations)
    if (ran.length > 0) log.info({ migrations: ran }, 'migrated')
  } else {
    const pending = await pendingMigrations(database.db, migrations)
    if (pending.length > 0) {
      throw new Error(
        `MIGRATE_ON_START is false and the database lacks ${pending.join(', ')}; run karya migrate first`,
      )
    }
  }
  if (config.administrator === null || !config.modules.includes('identity')) return
  try {
    const created = await identity.ensureAdministrator({ ...config.administrator, name: 'Administrator' })
    if (created) log.info('created the first administrator')
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'invalid') throw error
    // Of what the variables say, only the password is looked at here.
    throw new ConfigError(
      explainFields(error).map((problem) => problem.replace('password', 'ADMIN_PASSWORD:')),
    )
  }
}
