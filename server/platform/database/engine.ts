import { type Kysely, MysqlAdapter, PostgresAdapter, type QueryExecutorProvider } from 'kysely'

export const engines = ['sqlite', 'postgres', 'mysql'] as const
/** `mysql` stands for MySQL and MariaDB alike. */
export type Engine = (typeof engines)[number]

export type DatabaseAddress =
  | { readonly engine: 'sqlite'; readonly file: string }
  | { readonly engine: 'postgres' | 'mysql'; readonly url: string }

export type PoolOptions = {
  readonly max: number
  readonly idleMs: number
  readonly lifetimeMs: number
  readonly acquireTimeoutMs: number
}

export type PoolState = {
  readonly total: number
  readonly idle: number
  readonly waiting: number
  readonly max: number
}

/** Which engine answers behind a Kysely instance or a transaction. */
export function engineOf(db: QueryExecutorProvider | Kysely<unknown>): Engine {
  const { adapter } = db.getExecutor()
  if (adapter instanceof PostgresAdapter) return 'postgres'
  if (adapter instanceof MysqlAdapter) return 'mysql'
  return 'sqlite'
}
