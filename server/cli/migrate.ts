import { migrate } from '#platform/database/migrate'
import { openDatabase } from '#platform/database/open'
import { createLog } from '#platform/telemetry/log'
import { migrations } from '../migrations/index.ts'
import type { CommandInput } from './commands.ts'

export async function migrateDatabase({ config }: CommandInput): Promise<void> {
  const log = createLog({ level: 'warn', destination: process.stderr })
  const database = await openDatabase({ ...config.database, log })
  try {
    const ran = await migrate(database.db, migrations)
    process.stdout.write(ran.length === 0 ? 'The database is up to date.\n' : `Migrated: ${ran.join(', ')}\n`)
  } finally {
    await database.close()
  }
}
