import type { Kysely } from 'kysely'
import { openDatabase } from '#platform/database/open'
import type { PlatformTables } from '#platform/database/tables'
import { createLog } from '#platform/telemetry/log'
import { type InvgateSimulator, startInvgateSimulator } from '#simulators/invgate'
import { readConfig } from '../../server/config.ts'
import type { Backend } from './backends.ts'
import { JOURNEY } from './journey.ts'

export type DeskMode = 'sync' | 'deferred'

/** An empty database, an InvGate in the test's own process, and a connection to look on. */
export type DeskScene = {
  readonly mode: DeskMode
  readonly sim: InvgateSimulator
  /** For each process of the server. */
  readonly environment: Readonly<Record<string, string>>
  readonly db: Kysely<PlatformTables>
  readonly remove: () => Promise<void>
}

/** Chance of faults begins with `seed`. */
export async function setDeskScene(
  { create }: Pick<Backend, 'create'>,
  { mode, seed }: { readonly mode: DeskMode; readonly seed: number },
): Promise<DeskScene> {
  const place = await create()
  const sim = await startInvgateSimulator({ randomSeed: seed })
  const { database } = readConfig(place.environment)
  const { db, close } = await openDatabase({
    ...database,
    pool: { ...database.pool, max: 2 },
    log: createLog({ level: 'silent' }),
  })
  return {
    mode,
    sim,
    environment: {
      ...JOURNEY,
      ...place.environment,
      ACCESS_TOKEN_TTL: '12h',
      INVGATE_BASE_URL: sim.url,
      INVGATE_USERNAME: sim.settings.username,
      INVGATE_PASSWORD: sim.settings.password,
      INVGATE_MODE: mode,
      INVGATE_ALLOW_PRIVATE: 'true',
      INVGATE_REQUESTS_PER_SECOND: '100',
      INVGATE_POLL_SECONDS: '5',
    },
    db: db.withTables<PlatformTables>(),
    async remove() {
      await close()
      await sim.stop()
      await place.remove()
    },
  }
}
