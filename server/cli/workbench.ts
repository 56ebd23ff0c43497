import { createIdentity, type Identity } from '#modules/identity'
import { createMemoryKeyValue } from '#platform/cache/memory'
import { type Clock, systemClock } from '#platform/clock'
import { type Database, openDatabase } from '#platform/database/open'
import { createOutbox, type Outbox } from '#platform/events/outbox'
import { type Ids, systemIds } from '#platform/id'
import { createLog } from '#platform/telemetry/log'
import type { Config } from '../config.ts'
import { identityOptions } from '../identity-options.ts'
import { prepareDatabase } from '../prepare.ts'
import { provideSecret } from '../secret.ts'

export type Workbench = {
  readonly database: Database
  readonly identity: Identity
  readonly parts: { readonly clock: Clock; readonly ids: Ids; readonly outbox: Outbox }
}

/** What a command needs of the server without serving: the database, up to date, and identity. */
export async function atWorkbench(config: Config, work: (bench: Workbench) => Promise<void>): Promise<void> {
  // Standard output belongs to what the command has to say.
  const log = createLog({ level: 'warn', destination: process.stderr })
  const database = await openDatabase({ ...config.database, log })
  try {
    const outbox = createOutbox({ clock: systemClock, ids: systemIds, traceparent: () => null })
    const parts = { clock: systemClock, ids: systemIds, outbox }
    const keyValue = createMemoryKeyValue({ clock: systemClock })
    const secret = await provideSecret(config)
    const identity = createIdentity(identityOptions({ ...parts, config, database, keyValue, secret }))
    await prepareDatabase({ config, database, identity, log })
    await work({ database, identity, parts })
  } finally {
    await database.close()
  }
}
