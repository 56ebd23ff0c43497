/**
 * What a database error means to us: `conflict` — the engine gave the transaction up so that another could go on,
 * and the whole of it may run again; `busy` — a lock was not granted in time; `unique` — a unique key had the last
 * word; `unavailable` — no database to talk to, and nothing is known to be wrong with the request.
 */
export type DatabaseFailure = 'conflict' | 'busy' | 'unique' | 'unavailable'

/** PostgreSQL's five-letter codes, MySQL's and MariaDB's numbers, SQLite's extended numbers, and Node's own. */
const FAILURES: Readonly<Record<string, DatabaseFailure>> = {
  40001: 'conflict',
  '40P01': 'conflict',
  // A named statement was planned for columns that a migration has changed since.
  '0A000': 'conflict',
  1213: 'conflict',
  1020: 'conflict',
  '55P03': 'busy',
  1205: 'busy',
  23505: 'unique',
  1062: 'unique',
  1555: 'unique',
  2067: 'unique',
  // Not all of the class: a statement that the protocol cannot carry (08P01) fails as often as it is sent.
  '08000': 'unavailable',
  '08001': 'unavailable',
  '08003': 'unavailable',
  '08004': 'unavailable',
  '08006': 'unavailable',
  '08007': 'unavailable',
  '25P03': 'unavailable',
  '57P01': 'unavailable',
  '57P02': 'unavailable',
  '57P03': 'unavailable',
  53300: 'unavailable',
  1040: 'unavailable',
  1053: 'unavailable',
  1203: 'unavailable',
  1927: 'unavailable',
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  EPIPE: 'unavailable',
  ETIMEDOUT: 'unavailable',
  ENOTFOUND: 'unavailable',
  EAI_AGAIN: 'unavailable',
  PROTOCOL_CONNECTION_LOST: 'unavailable',
}

/** The PostgreSQL driver reports these without a code. */
const LOST_CONNECTION =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|not queryable|closed state/i

export function databaseFailure(error: unknown): DatabaseFailure | undefined {
  if (!(error instanceof Error)) return undefined
  for (const name of ['code', 'errno', 'errcode'] as const) {
    const code: unknown = name in error ? Reflect.get(error, name) : undefined
    if (Object.hasOwn(FAILURES, String(code))) return FAILURES[String(code)]
  }
  if (isSqliteBusy(error)) return 'busy'
  return LOST_CONNECTION.test(error.message) ? 'unavailable' : undefined
}

/**
 * Whether a unique key over this column refused the row. Keys are named `<table>_<column>_key` in migrations;
 * SQLite names the column instead.
 */
export function violatesUnique(error: unknown, table: string, column: string): boolean {
  if (databaseFailure(error) !== 'unique' || !(error instanceof Error)) return false
  const constraint = 'constraint' in error ? String(error.constraint) : error.message
  return constraint.includes(`${table}_${column}_key`) || constraint.includes(`${table}.${column}`)
}

export type UniqueKey = { readonly table: string; readonly column: string; readonly refuse: () => Error }

/** Does the work; where one of the keys, which have the last word on who was first, refused a row, says so in words. */
export async function refuseTaken<Result>(
  keys: readonly UniqueKey[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw keys.find(({ table, column }) => violatesUnique(error, table, column))?.refuse() ?? error
  }
}

const SQLITE_BUSY = 5

export function isSqliteBusy(error: unknown): boolean {
  // The extended codes (BUSY_SNAPSHOT and others) keep the primary one in the low byte.
  const code: unknown = error instanceof Error ? Reflect.get(error, 'errcode') : undefined
  return typeof code === 'number' && (code & 0xff) === SQLITE_BUSY
}

/** What a text column of a thousand keeps of an error, whatever its words are: PostgreSQL takes no NUL. */
export function describeFailure(error: unknown): string {
  const description = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return description.replaceAll('\0', '').slice(0, 1_000)
}
