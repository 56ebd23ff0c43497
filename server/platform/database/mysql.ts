import { Socket } from 'node:net'
import { CompiledQuery, type Dialect, MysqlDialect, type MysqlPool } from 'kysely'
import { createConnection, createPool, type Pool, type PoolConnection, type QueryValues } from 'mysql2'
import { refuse } from '../errors.ts'
import type { Log } from '../telemetry/log.ts'
import type { PoolOptions, PoolState } from './engine.ts'
import { GREETING_MS, watchForHangs } from './hang.ts'

type MysqlOptions = {
  readonly url: string
  readonly pool: PoolOptions
  readonly log: Log
}

/** A claim on a row that another holds longer than this is given up (the statement fails with 1205). */
const LOCK_TIMEOUT_SECONDS = 5

/** A transaction of a process that hangs is rolled back after this, so that what it has locked comes free; longer than anybody waits for a lock. */
const IDLE_TRANSACTION_SECONDS = 8

const SESSION = [
  'set session transaction isolation level read committed',
  `set session innodb_lock_wait_timeout = ${LOCK_TIMEOUT_SECONDS}, time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'`,
  // MySQL knows no such limit, and takes what only MariaDB is to read for a comment.
  `set session autocommit = 1 /*M!100300 , idle_transaction_timeout = ${IDLE_TRANSACTION_SECONDS} */`,
]

export function createMysqlDialect({ url, pool: options, log }: MysqlOptions): {
  dialect: Dialect
  poolState: () => PoolState
} {
  const uri = url.replace(/^mariadb:/, 'mysql:')
  const pool = createPool({
    uri,
    connectionLimit: options.max,
    maxIdle: options.max - 1,
    idleTimeout: options.idleMs,
    connectTimeout: options.acquireTimeoutMs,
    enableKeepAlive: true,
    charset: 'UTF8MB4_BIN',
    timezone: 'Z',
    // Integers above 2^53 lose digits unless asked for; sums come as decimals and ours are integers.
    supportBigNumbers: true,
    decimalNumbers: true,
  })
  // mysql2 looks for connections that have been idle for too long only if it was made to keep fewer than it may open.
  pool.config.maxIdle = options.max
  breakOffHanging({ pool, uri, log })
  const dialect = new MysqlDialect({
    pool: withDeadlines(pool, options),
    onCreateConnection: async (connection) => {
      for (const statement of SESSION) await connection.executeQuery(CompiledQuery.raw(statement))
    },
  })
  return { dialect, poolState: () => stateOf(pool, options) }
}

type Hanging = { readonly pool: Pool; readonly uri: string; readonly log: Log }

/** mysql2 waits for an answer as long as the socket is open. */
function breakOffHanging({ pool, uri, log }: Hanging): void {
  const open = new Set<Socket>()
  const hangs = watchForHangs({
    isAnswering: async () => await isAnswering(uri),
    abandon() {
      for (const stream of open) stream.destroy()
    },
    log,
  })
  pool.on('connection', (connection) => {
    const stream: unknown = Reflect.get(connection, 'stream')
    if (stream instanceof Socket) {
      open.add(stream)
      stream.on('close', () => open.delete(stream))
    }
    const query = connection.query.bind(connection)
    Object.assign(connection, {
      query(sql: string, values: QueryValues, done?: Parameters<typeof query>[2]) {
        if (done === undefined) return query(sql, values)
        const ended = hangs.begin()
        return query(sql, values, (...results) => {
          ended()
          done(...results)
        })
      },
    })
  })
}

/** Anything that the server says will do, a refusal too. */
async function isAnswering(uri: string): Promise<boolean> {
  const connection = createConnection({ uri, connectTimeout: GREETING_MS })
  const answered = Promise.withResolvers<boolean>()
  connection.on('connect', () => answered.resolve(true))
  connection.on('error', (error: { readonly code?: string }) => answered.resolve(error.code !== 'ETIMEDOUT'))
  return await answered.promise.finally(() => connection.destroy())
}

/** mysql2's pool knows neither how long a connection may live nor how long a caller may wait for one. */
function withDeadlines(pool: Pool, { lifetimeMs, acquireTimeoutMs }: PoolOptions): MysqlPool {
  const bornAt = new WeakMap<object, number>()
  pool.on('connection', (connection) => bornAt.set(connection, Date.now()))

  return {
    end: (done) => pool.end(done),
    getConnection(done) {
      let late = false
      const timer = setTimeout(() => {
        late = true
        fail(done, refuse('unavailable', { retryAfterSeconds: 1 }))
      }, acquireTimeoutMs)

      const ask = () =>
        pool.getConnection((error: unknown, connection: PoolConnection | undefined) => {
          if (late) return connection?.release()
          if (connection !== undefined && Date.now() - (bornAt.get(connection) ?? 0) > lifetimeMs) {
            connection.destroy()
            return ask()
          }
          clearTimeout(timer)
          if (connection === undefined) fail(done, error)
          else done(undefined, connection)
        })
      ask()
    },
  }
}

/** Kysely's type asks for a connection even beside an error; the callback does not look at it then. */
function fail(done: Parameters<MysqlPool['getConnection']>[0], error: unknown): void {
  Reflect.apply(done, undefined, [error])
}

function stateOf(pool: Pool, { max }: PoolOptions): PoolState {
  // mysql2 keeps its counts to itself; the events it raises do not cover destroyed connections.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const inside = pool as unknown as {
    _allConnections?: { length: number }
    _freeConnections?: { length: number }
    _connectionQueue?: { length: number }
  }
  return {
    total: inside._allConnections?.length ?? 0,
    idle: inside._freeConnections?.length ?? 0,
    waiting: inside._connectionQueue?.length ?? 0,
    max,
  }
}
