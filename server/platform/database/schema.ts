import { type CreateTableBuilder, type Kysely, type RawBuilder, sql } from 'kysely'
import { type Engine, engineOf } from './engine.ts'

/** A migration knows no types of tables: later ones may change them. */
export type MigrationDatabase = Kysely<unknown>

/** The column types that one text of migrations uses on every engine. */
export type ColumnTypes = {
  readonly id: RawBuilder<unknown>
  /** Letters, compared byte by byte; `length` in characters, at most 500 where the column is indexed. */
  readonly text: (length: number) => RawBuilder<unknown>
  readonly longText: RawBuilder<unknown>
  /** Whole numbers below 2^53. */
  readonly integer: RawBuilder<unknown>
  /** Milliseconds, UTC. The column's name ends in `_at`. */
  readonly time: RawBuilder<unknown>
}

const TYPES: Readonly<Record<Engine, ColumnTypes>> = {
  sqlite: {
    id: sql`text`,
    text: () => sql`text`,
    longText: sql`text`,
    integer: sql`integer`,
    time: sql`integer`,
  },
  postgres: {
    id: sql`uuid`,
    // The order of bytes is the same everywhere; the server's locale is not.
    text: (length) => sql`varchar(${sql.lit(length)}) collate "C"`,
    longText: sql`text collate "C"`,
    integer: sql`bigint`,
    time: sql`timestamptz(3)`,
  },
  mysql: {
    id: sql`char(36) character set ascii collate ascii_bin`,
    text: (length) => sql`varchar(${sql.lit(length)})`,
    longText: sql`longtext`,
    integer: sql`bigint`,
    time: sql`datetime(3)`,
  },
}

type Table<Name extends string> = CreateTableBuilder<Name>

/** Creates a table once, however often it is asked: MySQL does not undo a migration that stops half-way. */
export async function createTable<Name extends string>(
  db: MigrationDatabase,
  name: Name,
  define: (table: Table<Name>, types: ColumnTypes) => CreateTableBuilder<Name, string>,
): Promise<void> {
  const engine = engineOf(db)
  const table = define(db.schema.createTable(name).ifNotExists(), TYPES[engine])
  await (engine === 'mysql'
    ? table.modifyEnd(sql`engine = InnoDB character set utf8mb4 collate utf8mb4_bin`)
    : table
  ).execute()
}

/** MySQL's number for a column that is there already; the other engines undo a migration that stops half-way. */
const DUPLICATE_COLUMN = 1060

/** Adds a column that may be null, for the version of the program before knows nothing of it. */
export async function addColumn(
  db: MigrationDatabase,
  table: string,
  column: { readonly name: string; readonly type: (types: ColumnTypes) => RawBuilder<unknown> },
): Promise<void> {
  try {
    await db.schema
      .alterTable(table)
      .addColumn(column.name, sql`${column.type(TYPES[engineOf(db)])}`)
      .execute()
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'errno') === DUPLICATE_COLUMN) return
    throw error
  }
}

/** MySQL's number for an index that is there already; it knows no `if not exists` for indexes. */
const DUPLICATE_INDEX = 1061

export async function createIndex(
  db: MigrationDatabase,
  table: string,
  columns: readonly string[],
  { unique = false }: { readonly unique?: boolean } = {},
): Promise<void> {
  // Refusals are recognised by this name (see `violatesUnique`).
  const name = `${table}_${columns.join('_')}_${unique ? 'key' : 'index'}`
  const index = db.schema
    .createIndex(name)
    .on(table)
    .columns([...columns])
  const wanted = unique ? index.unique() : index
  try {
    await (engineOf(db) === 'mysql' ? wanted : wanted.ifNotExists()).execute()
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'errno') === DUPLICATE_INDEX) return
    throw error
  }
}
