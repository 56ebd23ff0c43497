import { type Insertable, type Kysely, type RawBuilder, type SqlBool, sql, type Transaction } from 'kysely'
import { listMerged, type Page, type PageRequest } from '#platform/database/pages'
import type { Selection } from './audit.ts'
import type { ActivityTables, ForeignEventTable } from './table.ts'

export type EventRow = Pick<
  ForeignEventTable,
  'id' | 'type' | 'subject' | 'record_version' | 'data' | 'actor_id' | 'occurred_at'
>

/** So many earlier events of a record are looked at for what it was like before. */
const EARLIER = 20

export async function insertForeignEvent(
  trx: Transaction<ActivityTables>,
  row: Insertable<ForeignEventTable>,
): Promise<void> {
  await trx.insertInto('foreign_events').values(row).execute()
}

type List = {
  readonly subject: string | undefined
  readonly type: string | undefined
  readonly actorId: string | undefined
  readonly selection: Selection
  readonly request: PageRequest
}

const COLUMNS = ['id', 'type', 'subject', 'record_version', 'data', 'actor_id', 'occurred_at'] as const

/** Our own log and what others have told as one list, newest first. */
export async function listEvents(db: Kysely<ActivityTables>, list: List): Promise<Page<EventRow>> {
  const narrowed = (table: 'outbox' | 'foreign_events') => {
    // Both tables have these columns, which a union of their names does not tell the compiler.
    const source = sql<EventRow & { position: number | null }>`${sql.table(table)}`
    let found = db.selectFrom(source.as('entry')).select(COLUMNS).where('position', 'is not', null)
    if (list.subject !== undefined) found = found.where('subject', '=', list.subject)
    if (list.actorId !== undefined) found = found.where('actor_id', '=', list.actorId)
    if (list.type !== undefined) found = found.where(isOfType(list.type))
    const { only, without, hidden } = list.selection
    if (only.length > 0) found = found.where((eb) => eb.or(only.map((prefix) => isOfType(`${prefix}*`))))
    for (const prefix of without) found = found.where(({ not }) => not(isOfType(`${prefix}*`)))
    return hidden ? found : found.where(isVisible)
  }
  const queries = [narrowed('outbox'), narrowed('foreign_events')]
  return await listMerged({ queries, table: 'entry', descending: true, request: list.request })
}

function isOfType(type: string): RawBuilder<SqlBool> {
  if (!type.endsWith('*')) return sql<SqlBool>`type = ${type}`
  const prefix = type.slice(0, -1).replace(/[!%_]/g, (wildcard) => `!${wildcard}`)
  return sql<SqlBool>`type like ${`${prefix}%`} escape '!'`
}

/** A quote within a text is escaped in JSON, so that no name of a product looks like this. */
const isVisible = sql<SqlBool>`not (type like 'product.%' and data like '%"active":false%')`

type Before = Pick<Selection, 'hidden'> & { readonly subject: string; readonly version: number }

/** The last events of a record before one of its versions, oldest first. */
export async function listEarlier(
  db: Kysely<ActivityTables>,
  { subject, version, hidden }: Before,
): Promise<Pick<EventRow, 'record_version' | 'data'>[]> {
  const found = await Promise.all(
    (['outbox', 'foreign_events'] as const).map(async (table) => {
      const earlier = db
        .selectFrom(table)
        .select(['record_version', 'data'])
        .where('subject', '=', subject)
        .where('record_version', '<', version)
        .orderBy('record_version', 'desc')
        .limit(EARLIER)
      return await (hidden ? earlier : earlier.where(isVisible)).execute()
    }),
  )
  return found.flat().sort((a, b) => a.record_version - b.record_version)
}

/** The names of those who are known here. */
export async function findNames(
  db: Kysely<ActivityTables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const people = await db
    .selectFrom('people')
    .select(['id', 'name', 'lastname'])
    .where('id', 'in', ids)
    .execute()
  return new Map(people.map(({ id, name, lastname }) => [id, [name, lastname].filter(Boolean).join(' ')]))
}
