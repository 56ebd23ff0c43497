import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import { type Engine, engineOf } from './engine.ts'

/** The columns of a table that has no unique key but `id`. */
type Row = { readonly id: string; readonly [column: string]: unknown }

/**
 * Writes the row unless the one with its id is of the same or a later version. It is one statement, so that any number
 * of them at once, in any order, leave the latest.
 */
export async function upsertNewer(
  trx: QueryExecutorProvider,
  table: string,
  row: Row & { readonly version: number },
): Promise<void> {
  // MySQL sets the columns one after the other, so that the version, which decides, comes last.
  const columns = [...Object.keys(row).filter((name) => name !== 'id' && name !== 'version'), 'version']
  const change =
    engineOf(trx) === 'mysql'
      ? sql`on duplicate key update ${sql.join(columns.map(setIfNewer))}`
      : sql`on conflict (id) do update set ${sql.join(columns.map(set))}
          where ${sql.ref(`${table}.version`)} < excluded.version`
  await sql`${insertion(table, row)} ${change}`.execute(trx)
}

/** Writes the row unless there is one with its id already, and answers whether it has. */
export async function insertOnce(trx: QueryExecutorProvider, table: string, row: Row): Promise<boolean> {
  const { numAffectedRows, insertId } =
    await sql`${insertion(table, row)} ${OTHERWISE[engineOf(trx)]}`.execute(trx)
  return numAffectedRows === 1n && insertId === undefined
}

const OTHERWISE: Readonly<Record<Engine, RawBuilder<unknown>>> = {
  sqlite: sql`on conflict (id) do nothing`,
  postgres: sql`on conflict (id) do nothing`,
  // `insert ignore` would let pass whatever else is wrong as well. A row that stays as it is counts as one that was
  // written; only an insert id, which no table of ours gives, tells the two apart.
  mysql: sql`on duplicate key update id = if(last_insert_id(1) = 1, id, id)`,
}

/** Writes the row, in place of the one with the same key, however many do so at once. */
export async function upsertBy(
  trx: QueryExecutorProvider,
  table: string,
  { key, row }: { readonly key: string; readonly row: Readonly<Record<string, unknown>> },
): Promise<void> {
  const columns = Object.keys(row).filter((name) => name !== key)
  const change =
    engineOf(trx) === 'mysql'
      ? sql`on duplicate key update ${sql.join(columns.map((name) => sql`${sql.ref(name)} = values(${sql.ref(name)})`))}`
      : sql`on conflict (${sql.ref(key)}) do update set ${sql.join(columns.map(set))}`
  await sql`${insertion(table, row)} ${change}`.execute(trx)
}

function insertion(table: string, row: Readonly<Record<string, unknown>>): RawBuilder<unknown> {
  const columns = Object.keys(row).map((name) => sql.ref(name))
  return sql`insert into ${sql.table(table)} (${sql.join(columns)}) values (${sql.join(Object.values(row))})`
}

function set(column: string): RawBuilder<unknown> {
  return sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`
}

function setIfNewer(column: string): RawBuilder<unknown> {
  const name = sql.ref(column)
  return sql`${name} = if(version < values(version), values(${name}), ${name})`
}
