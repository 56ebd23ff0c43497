import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type KyselyPlugin,
  type QueryResult,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type UnknownRow,
} from 'kysely'
import { createTurns, type Turns } from '../turns.ts'
import type { PoolState } from './engine.ts'
import { isSqliteBusy } from './failure.ts'

type SqliteOptions = {
  readonly file: string
  readonly acquireTimeoutMs: number
}

const REMEMBERED_STATEMENTS = 500

/**
 * Kysely on `node:sqlite`. SQLite has one writer at a time, so a transaction takes its turn at the writing
 * connection with `begin immediate`; reads outside a transaction have a connection of their own, which in WAL mode
 * sees the last commit and waits for nobody.
 */
export function createSqliteDialect(options: SqliteOptions): {
  dialect: Dialect
  poolState: () => PoolState
} {
  const turns = createTurns({ places: 1, acquireTimeoutMs: options.acquireTimeoutMs })
  const dialect: Dialect = {
    createAdapter: () => new EmbeddedAdapter(),
    createDriver: () => createDriver(options, turns),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
  return {
    dialect,
    poolState: () => ({ total: 2, idle: 1 + turns.free(), waiting: turns.waiting(), max: 2 }),
  }
}

/** SQLite can do more than Kysely's own adapter assumes of it: several connections here, and DDL in transactions. */
class EmbeddedAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

type Lease = DatabaseConnection & {
  readonly begin: () => Promise<void>
  readonly end: (statement: 'commit' | 'rollback') => void
  readonly execute: (statement: string) => void
}

function createDriver({ file, acquireTimeoutMs }: SqliteOptions, turns: Turns): Driver {
  let writer: Handle | undefined
  let reader: Handle | undefined
  const leases = new WeakMap<DatabaseConnection, Lease>()
  const leaseOf = (connection: DatabaseConnection): Lease => {
    const lease = leases.get(connection)
    if (lease === undefined) throw new TypeError('this connection was made by another driver')
    return lease
  }

  return {
    async init() {
      if (file !== ':memory:') await mkdir(dirname(file), { recursive: true })
      writer = openHandle(file)
      // A database in memory is there for one connection only.
      reader = file === ':memory:' ? writer : openHandle(file)
    },
    async acquireConnection() {
      if (writer === undefined || reader === undefined) throw new Error('the database is closed')
      const lease = createLease({ writer, reader, turns, acquireTimeoutMs })
      leases.set(lease, lease)
      return lease
    },
    async beginTransaction(connection) {
      await leaseOf(connection).begin()
    },
    async commitTransaction(connection) {
      leaseOf(connection).end('commit')
    },
    async rollbackTransaction(connection) {
      leaseOf(connection).end('rollback')
    },
    async savepoint(connection, name) {
      leaseOf(connection).execute(`savepoint ${name}`)
    },
    async rollbackToSavepoint(connection, name) {
      leaseOf(connection).execute(`rollback to ${name}`)
    },
    async releaseSavepoint(connection, name) {
      leaseOf(connection).execute(`release ${name}`)
    },
    async releaseConnection() {},
    async destroy() {
      if (reader !== writer) reader?.close()
      writer?.close()
      reader = writer = undefined
    },
  }
}

type LeaseParts = {
  readonly writer: Handle
  readonly reader: Handle
  readonly turns: Turns
  readonly acquireTimeoutMs: number
}

/** What Kysely holds while it runs one statement or one transaction; it takes the writer only when it must. */
function createLease({ writer, reader, turns, acquireTimeoutMs }: LeaseParts): Lease {
  let leave: (() => void) | undefined

  async function run(query: CompiledQuery): Promise<QueryResult<UnknownRow>> {
    if (leave !== undefined) return writer.run(query)
    if (SelectQueryNode.is(query.query) && reader !== writer) return reader.run(query)
    const done = await turns.take()
    try {
      return await patiently(() => writer.run(query), acquireTimeoutMs)
    } finally {
      done()
    }
  }

  return {
    async begin() {
      const done = await turns.take()
      try {
        await patiently(() => writer.execute('begin immediate'), acquireTimeoutMs)
        leave = done
      } catch (error) {
        done()
        throw error
      }
    },
    end(statement) {
      try {
        // A failed statement may have ended the transaction already.
        if (writer.isInTransaction()) writer.execute(statement)
      } catch (error) {
        if (writer.isInTransaction()) writer.execute('rollback')
        throw error
      } finally {
        leave?.()
        leave = undefined
      }
    },
    execute: (statement) => writer.execute(statement),
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      // Kysely knows the shape of the rows; the driver hands on what the engine gives.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return (await run(query)) as QueryResult<Row>
    },
    async *streamQuery<Row>(
      query: CompiledQuery,
      chunkSize: number,
    ): AsyncIterableIterator<QueryResult<Row>> {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      for (const rows of reader.iterate(query, chunkSize)) yield { rows: rows as Row[] }
    },
  }
}

/** Another process may hold the file for a moment; SQLite's own wait would block the event loop meanwhile. */
async function patiently<Result>(attempt: () => Result, timeoutMs: number): Promise<Result> {
  const deadline = Date.now() + timeoutMs
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 10)) {
    try {
      return attempt()
    } catch (error) {
      if (!isSqliteBusy(error) || Date.now() >= deadline) throw error
      await delay(pauseMs * (0.5 + Math.random()))
    }
  }
}

type Prepared = {
  readonly statement: StatementSync
  readonly timeColumns: readonly string[]
  readonly returnsRows: boolean
}

type Handle = ReturnType<typeof openHandle>

function openHandle(file: string) {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 0 })
  database.exec(
    'pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 0',
  )
  const remembered = new Map<string, Prepared>()

  function prepare(query: CompiledQuery): Prepared {
    const known = remembered.get(query.sql)
    if (known !== undefined) return known
    const statement = database.prepare(query.sql)
    const columns = statement.columns().map((column) => column.name)
    const prepared = {
      statement,
      timeColumns: columns.filter((name) => name.endsWith('_at')),
      returnsRows: columns.length > 0,
    }
    if (remembered.size >= REMEMBERED_STATEMENTS) remembered.clear()
    remembered.set(query.sql, prepared)
    return prepared
  }

  return {
    execute: (statement: string) => database.exec(statement),
    isInTransaction: () => database.isTransaction,
    close: () => database.close(),
    run(query: CompiledQuery): QueryResult<UnknownRow> {
      const { statement, timeColumns, returnsRows } = prepare(query)
      const parameters = query.parameters.map(toSqlite)
      if (!returnsRows) {
        return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) }
      }
      const rows: UnknownRow[] = statement.all(...parameters)
      return { rows: rows.map((row) => withTimes(row, timeColumns)) }
    },
    *iterate(query: CompiledQuery, chunkSize: number): IterableIterator<UnknownRow[]> {
      // A statement of its own: the remembered one may be asked again before this walk is over.
      const statement = database.prepare(query.sql)
      const { timeColumns } = prepare(query)
      let chunk: UnknownRow[] = []
      for (const row of statement.iterate(...query.parameters.map(toSqlite))) {
        chunk.push(withTimes(row, timeColumns))
        if (chunk.length >= chunkSize) {
          yield chunk
          chunk = []
        }
      }
      if (chunk.length > 0) yield chunk
    },
  }
}

/** A plain object, as the other drivers make them. Times are stored as milliseconds since 1970; the column's name tells which numbers are times. */
function withTimes(row: UnknownRow, timeColumns: readonly string[]): UnknownRow {
  const copy = { ...row }
  for (const column of timeColumns) {
    const value = copy[column]
    if (typeof value === 'number') copy[column] = new Date(value)
  }
  return copy
}

function toSqlite(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  if (value instanceof Date) return value.getTime()
  if (value instanceof Uint8Array) return value
  throw new TypeError(`a value of type ${typeof value} cannot be stored`)
}

/** SQLite has no row locks and needs none: its one writer holds the whole file. */
export const withoutRowLocks: KyselyPlugin = {
  transformQuery({ node }) {
    if (!SelectQueryNode.is(node) || node.endModifiers === undefined) return node
    const { endModifiers, ...rest } = node
    const others = endModifiers.filter((modifier) => modifier.modifier === undefined)
    return others.length === 0 ? rest : { ...rest, endModifiers: others }
  },
  transformResult: async ({ result }) => result,
}
