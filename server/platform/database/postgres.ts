import { Socket } from 'node:net'
import { CompiledQuery, type Dialect, PostgresDialect } from 'kysely'
import { Pool, type PoolClient, Client as SingleClient, types } from 'pg'
import type { Log } from '../telemetry/log.ts'
import type { PoolOptions, PoolState } from './engine.ts'
import { GREETING_MS, type HangWatch, watchForHangs } from './hang.ts'

type PostgresOptions = {
  readonly url: string
  readonly pool: PoolOptions
  readonly log: Log
}

/** Integers below 2^53 is all we store, and sums of them; PostgreSQL's driver hands both over as text. */
const NUMBERS_SENT_AS_TEXT: ReadonlySet<number> = new Set([types.builtins.INT8, types.builtins.NUMERIC])

/** A claim on a row that another holds longer than this is given up (the statement fails with 55P03). */
const LOCK_TIMEOUT_MS = 5_000
/** A transaction of a process that hangs is rolled back after this, so that what it has locked comes free; longer than anybody waits for a lock. */
const IDLE_TRANSACTION_MS = 8_000
const NAMED_STATEMENTS = 500

export function createPostgresDialect({ url, pool: options, log }: PostgresOptions): {
  dialect: Dialect
  poolState: () => PoolState
} {
  const names = createStatementNames()
  const pool = new Pool({
    connectionString: url,
    max: options.max,
    idleTimeoutMillis: options.idleMs,
    maxLifetimeSeconds: Math.ceil(options.lifetimeMs / 1_000),
    connectionTimeoutMillis: options.acquireTimeoutMs,
    keepAlive: true,
    // A server that stops answering without closing the socket must not hold a request for ever.
    query_timeout: 30_000,
    types: {
      getTypeParser: (id: number, format?: 'text' | 'binary') =>
        NUMBERS_SENT_AS_TEXT.has(id) ? Number : types.getTypeParser(id, format ?? 'text'),
    },
  })
  // An idle connection that the server closes raises this; without a listener the process would end.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection was lost'))
  // So does one that is lost in the middle of a statement, beside failing the statement; the pool listens only to idle ones.
  pool.on('connect', (client) => client.on('error', () => {}))
  const open = new Set<PoolClient>()
  pool.on('connect', (client) => open.add(client))
  pool.on('remove', (client) => open.delete(client))
  const hangs = watchForHangs({
    isAnswering: async () => await isAnswering(url),
    abandon() {
      for (const client of open) breakOff(client)
    },
    log,
  })

  const dialect = new PostgresDialect({
    pool: {
      options: pool.options,
      end: async () => await pool.end(),
      connect: async () => nameStatements(await pool.connect(), { names, hangs }),
    },
    onCreateConnection: async (connection) => {
      await connection.executeQuery(
        CompiledQuery.raw(
          `set session characteristics as transaction isolation level read committed; set lock_timeout = ${LOCK_TIMEOUT_MS}; set idle_in_transaction_session_timeout = ${IDLE_TRANSACTION_MS}`,
        ),
      )
    },
  })
  return {
    dialect,
    poolState: () => ({
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      max: options.max,
    }),
  }
}

/** Anything that the server says will do, a refusal too. */
async function isAnswering(url: string): Promise<boolean> {
  const client = new SingleClient({ connectionString: url, connectionTimeoutMillis: GREETING_MS })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch (error) {
    return !(error instanceof Error && /timeout/i.test(error.message))
  } finally {
    void client.end().catch(() => {})
  }
}

/** The driver's own way to end a connection waits for the server. */
function breakOff(client: PoolClient): void {
  const stream: unknown = Reflect.get(Object(Reflect.get(client, 'connection')), 'stream')
  if (stream instanceof Socket) stream.destroy()
}

type StatementParts = { readonly names: StatementNames; readonly hangs: HangWatch }
type Client = PoolClient
const named = new WeakSet<Client>()

/** PostgreSQL's code for a named statement whose table has got other columns since it was planned. */
const OUTDATED_PLAN = '0A000'

/** A statement with a name is parsed and planned once a connection; Kysely sends its statements without one. */
function nameStatements(client: Client, { names, hangs }: StatementParts): Client {
  if (named.has(client)) return client
  named.add(client)
  const query = client.query.bind(client)
  Object.assign(client, {
    query: async (text: string, values?: unknown[]) => {
      const ended = hangs.begin()
      try {
        if (values === undefined || values.length === 0) return await query(text)
        const name = names.nameOf(text)
        return await query(name === undefined ? { text, values } : { name, text, values })
      } catch (error) {
        if (Reflect.get(Object(error), 'code') === OUTDATED_PLAN) names.forget(text)
        throw error
      } finally {
        ended()
      }
    },
  })
  return client
}

type StatementNames = ReturnType<typeof createStatementNames>

/** The same name for the same text on every connection; a forgotten text gets a new one, and is planned anew. */
function createStatementNames() {
  const names = new Map<string, string>()
  let given = 0
  return {
    nameOf(text: string): string | undefined {
      const known = names.get(text)
      if (known !== undefined || names.size >= NAMED_STATEMENTS) return known
      given += 1
      const name = `s${given}`
      names.set(text, name)
      return name
    },
    forget: (text: string) => names.delete(text),
  }
}
