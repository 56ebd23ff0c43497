import type { Transaction } from 'kysely'
import type { PlatformTables } from '../database/tables.ts'
import { type EventEnvelope, installationOf } from './envelope.ts'

/** Something that events have an effect on: rows of this database, and nothing outside it. */
export type EventConsumer = {
  /** For ever the same: the inbox knows by it what was handled. At most 60 characters. */
  readonly name: string
  /** `order_created`; with a star at the end all that begin so (`user.*`, `order_*`, `*`). */
  readonly types: readonly string[]
  /** Left out, it hears of everything; with `elsewhere` only of what other services have announced. */
  readonly origin?: 'elsewhere'
  /**
   * The effect of one event, in the transaction that also notes that it was handled. It changes nothing but rows,
   * throws to be tried again, and sees the events of one subject in their order. An event arrives once unless it was
   * parked and replayed, which may bring an old one late: what keeps a copy compares `recordversion`.
   */
  readonly handle: (event: EventEnvelope, trx: Transaction<PlatformTables>) => Promise<void>
}

type ModuleConsumer<Tables extends PlatformTables> = Omit<EventConsumer, 'handle'> & {
  readonly handle: (event: EventEnvelope, trx: Transaction<Tables>) => Promise<void>
}

/** A consumer that names the tables it works with. */
export function defineConsumer<Tables extends PlatformTables>({
  handle,
  ...rest
}: ModuleConsumer<Tables>): EventConsumer {
  return {
    ...rest,
    // Every module's tables are in the one database; `withTables` says so to the compiler, and does nothing else.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    handle: async (event, trx) => await handle(event, trx as unknown as Transaction<Tables>),
  }
}

/** Whether a consumer of the service with this installation id wants an event. */
export function isWanted(
  { types, origin }: Pick<EventConsumer, 'types' | 'origin'>,
  event: Pick<EventEnvelope, 'type' | 'source'>,
  installation: string,
): boolean {
  if (origin === 'elsewhere' && installationOf(event) === installation) return false
  return types.some((wanted) =>
    wanted.endsWith('*') ? event.type.startsWith(wanted.slice(0, -1)) : wanted === event.type,
  )
}

type Told = { readonly version: number; readonly updated_at: Date }

/** Whether one state of a record is later than another. Of one version more may be told, at a later time. */
export function isLater(one: Told, other: Told): boolean {
  return one.version > other.version || (one.version === other.version && one.updated_at > other.updated_at)
}
