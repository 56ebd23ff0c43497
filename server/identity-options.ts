import type { IdentityOptions, IdentityTables } from '#modules/identity'
import type { KeyValue } from '#platform/cache/key-value'
import type { Clock } from '#platform/clock'
import type { Database } from '#platform/database/open'
import type { Outbox } from '#platform/events/outbox'
import type { Ids } from '#platform/id'
import type { Config } from './config.ts'

type IdentityNeeds = {
  readonly config: Config
  readonly database: Database
  readonly keyValue: KeyValue
  readonly secret: string
  readonly clock: Clock
  readonly ids: Ids
  readonly outbox: Outbox
}

/** What identity is made from, for the server and for the commands alike. */
export function identityOptions({ config, database, ...parts }: IdentityNeeds): IdentityOptions {
  return {
    ...parts,
    db: database.db.withTables<IdentityTables>(),
    production: config.production,
    passwordScheme: config.passwordScheme,
    accessTtlMs: config.tokens.accessTokenTtlMs,
    refreshTtlMs: config.tokens.refreshTokenTtlMs,
  }
}
