import type { Kysely } from 'kysely'
import type { Clock } from '#platform/clock'
import type { Outbox } from '#platform/events/outbox'
import type { Ids } from '#platform/id'
import type { IdentityTables } from './table.ts'

/** What every use case here works with. */
export type IdentityParts = {
  readonly db: Kysely<IdentityTables>
  readonly clock: Clock
  readonly ids: Ids
  readonly outbox: Outbox
}
