import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import type { IdentityTables } from '#modules/identity'
import type { ShopTables } from '#modules/shop'
import { openDatabase } from '#platform/database/open'
import type { PlatformTables } from '#platform/database/tables'
import { createLog } from '#platform/telemetry/log'
import { readConfig } from '../../server/config.ts'
import type { Backend, Place } from './backends.ts'
import type { BrokerLog } from './checker/broker.ts'
import { JOURNEY } from './journey.ts'
import type { TestBroker } from './load-carriers.ts'

export type JourneyTables = PlatformTables & IdentityTables & ShopTables

/** An empty database, a broker or none, a folder for the mails, and a connection to look on. */
export type Scene = {
  readonly place: Place
  /** For each process. */
  readonly environment: Readonly<Record<string, string>>
  /** `DATA_DIR` of each process: mails are in its folder `mail`. */
  readonly dataFolder: string
  readonly db: Kysely<JourneyTables>
  readonly brokerLogs: () => Promise<readonly BrokerLog[]>
  readonly remove: () => Promise<void>
}

export async function setScene(
  { create }: Pick<Backend, 'create'>,
  { provide }: { readonly provide: () => Promise<TestBroker> },
): Promise<Scene> {
  const place = await create()
  const dataFolder = await mkdtemp(join(tmpdir(), 'karya-journey-'))
  const broker = await provide()
  const { database } = readConfig(place.environment)
  let isOpen = true
  // Made first by a server's migrations; a pool of one looks on while processes come and go.
  const { db, close } = await openDatabase({
    ...database,
    pool: { ...database.pool, max: 2 },
    log: createLog({ level: 'silent' }),
  })
  return {
    place,
    environment: {
      ...JOURNEY,
      ...place.environment,
      ...broker.environment,
      DATA_DIR: dataFolder,
      ACCESS_TOKEN_TTL: '12h',
    },
    dataFolder,
    db: db.withTables<JourneyTables>(),
    brokerLogs: broker.logs,
    async remove() {
      if (!isOpen) return
      isOpen = false
      await close()
      await broker.remove()
      await place.remove()
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}
