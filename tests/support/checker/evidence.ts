import { type Kysely, sql } from 'kysely'
import type { PlatformTables } from '#platform/database/tables'

/** The checker's own view of a database: what is in it, read with statements of its own. */

export type LogRow = {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly record_version: number
  /** JSON */
  readonly data: string
  readonly actor_id: string | null
  readonly traceparent: string | null
  readonly occurred_at: Date
  readonly position: number | null
}

export type Evidence = {
  readonly db: Kysely<PlatformTables>
  /** The columns of each table. */
  readonly tables: ReadonlyMap<string, ReadonlySet<string>>
  /** Everything that was committed, whether it has a position or not. */
  readonly log: readonly LogRow[]
  /** Whose log it is; null before the first start. */
  readonly installation: string | null
  /** False while something may be under way: what is not there yet is not missing then. */
  readonly isSettled: boolean
}

export async function gather(
  db: Kysely<PlatformTables>,
  { isSettled }: Pick<Evidence, 'isSettled'>,
): Promise<Evidence> {
  const tables = new Map(
    (await db.introspection.getTables()).map(({ name, columns }) => [
      name,
      new Set(columns.map((column) => column.name)),
    ]),
  )
  if (!tables.has('outbox')) throw new Error('this database has no outbox: it is none of ours')
  const log = await rowsOf<LogRow>(db, 'select * from outbox order by id')
  const [installation] = tables.has('installation')
    ? await rowsOf<{ id: string }>(db, "select id from installation where name = 'this'")
    : []
  return { db, tables, log, installation: installation?.id ?? null, isSettled }
}

/** Asks with a statement that holds no foreign text; the caller names the columns it asks for. */
export async function rowsOf<Row>(db: Kysely<PlatformTables>, statement: string): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`${sql.raw(statement)}`.execute(db)
  return rows
}

export function hasColumns(
  { tables }: Pick<Evidence, 'tables'>,
  table: string,
  ...columns: readonly string[]
): boolean {
  const known = tables.get(table)
  return known !== undefined && columns.every((column) => known.has(column))
}
