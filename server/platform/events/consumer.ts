import type { Transaction } from 'kysely'
import type { PlatformTables } from '../database/tables.ts'
import type { EventEnvelope } from './envelope.ts'

/** Something that events have an effect on: rows of this database, and nothing outside it. */
export type EventConsumer = {
  /** For ever the same: the inbox knows by it what was handled. At most 60 characters. */
  readonly name: string
  /** `order_created`; with a star at the end all that begin so (`user.*`, `order_*`, `*`). */
  readonly types: readonly string[]
  /**
   * The effect of one event, in the transaction that also notes that it was handled. It changes nothing but rows,
   * throws to be tried again, and sees the events of one subject in their order. An event arrives once unless it was
   * parked and replayed, which may bring an old one late: what keeps a copy compares `recordversion`.
   */
  readonly handle: (event: EventEnvelope, trx: Transaction<PlatformTables>) => Promise<void>
}

type ModuleConsumer<Tables extends PlatformTables> = Pick<EventConsumer, 'name' | 'types'> & {
  readonly handle: (event: EventEnvelope, trx: Transaction<Tables>) => Promise<void>
}

/** A consumer that names the tables it works with. */
export function defineConsumer<Tables extends PlatformTables>({
  name,
  types,
  handle,
}: ModuleConsumer<Tables>): EventConsumer {
  return {
    name,
    types,
    // Every module's tables are in the one database; `withTables` says so to the compiler, and does nothing else.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    handle: async (event, trx) => await handle(event, trx as unknown as Transaction<Tables>),
  }
}

export function listensTo({ types }: Pick<EventConsumer, 'types'>, type: string): boolean {
  return types.some((wanted) =>
    wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : wanted === type,
  )
}
