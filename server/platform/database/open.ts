import { type Dialect, Kysely, type LogEvent, sql } from 'kysely'
import type { Log } from '../telemetry/log.ts'
import type { DatabaseAddress, Engine, PoolOptions, PoolState } from './engine.ts'
import type { Notice, Notifier } from './notify.ts'
import type { PlatformTables } from './tables.ts'

type DatabaseOptions = {
  readonly address: DatabaseAddress
  readonly pool: PoolOptions
  readonly log: Log
  /** Told of every statement; see `queryLogger` in telemetry. */
  readonly onQuery?: (event: LogEvent) => void
}

export type Database = {
  readonly engine: Engine
  /** Modules add their own tables to the type with `withTables`. */
  readonly db: Kysely<PlatformTables>
  readonly poolState: () => PoolState
  readonly ping: () => Promise<void>
  /** Wakes the other processes on this database and is woken by them; null where the engine cannot do so. */
  readonly openNotifier: ((onNotice: (notice: Notice) => void) => Promise<Notifier>) | null
  readonly close: () => Promise<void>
}

/** Opens one of the three engines; each driver is loaded only when it is the one asked for. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { dialect, poolState } = await dialectFor(options)
  const db = new Kysely<PlatformTables>({
    dialect,
    plugins: options.address.engine === 'sqlite' ? [(await import('./sqlite.ts')).withoutRowLocks] : [],
    ...(options.onQuery === undefined ? {} : { log: options.onQuery }),
  })
  return {
    engine: options.address.engine,
    db,
    poolState,
    ping: async () => {
      await sql`select 1`.execute(db)
    },
    openNotifier: notifierOf(options, db),
    close: async () => await db.destroy(),
  }
}

function notifierOf({ address, log }: DatabaseOptions, db: Kysely<PlatformTables>): Database['openNotifier'] {
  if (address.engine !== 'postgres') return null
  return async (onNotice) => {
    const { createPostgresNotifier } = await import('./notify.ts')
    return createPostgresNotifier({
      url: address.url,
      log,
      notify: async (channel, notice) => {
        await sql`select pg_notify(${channel}, ${notice})`.execute(db)
      },
      onNotice,
    })
  }
}

async function dialectFor({
  address,
  pool,
  log,
}: DatabaseOptions): Promise<{ dialect: Dialect; poolState: () => PoolState }> {
  switch (address.engine) {
    case 'sqlite':
      return (await import('./sqlite.ts')).createSqliteDialect({
        ...address,
        acquireTimeoutMs: pool.acquireTimeoutMs,
      })
    case 'postgres':
      return (await import('./postgres.ts')).createPostgresDialect({ url: address.url, pool, log })
    case 'mysql':
      return (await import('./mysql.ts')).createMysqlDialect({ url: address.url, pool, log })
  }
}
