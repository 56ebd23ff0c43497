import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { type Engine, engineOf } from '../database/engine.ts'
import type { OutboxTable, PlatformTables } from '../database/tables.ts'
import type { PositionedRow } from './envelope.ts'

/** The outbox as a log: what has a position stays where it is, and nothing comes to stand before it. */

/** The position of the last event; 0 in an empty log. */
export async function findHead(db: Kysely<PlatformTables>): Promise<number> {
  const { head } = await db
    .selectFrom('outbox')
    .select((eb) => eb.fn.max('position').as('head'))
    .executeTakeFirstOrThrow()
  return head ?? 0
}

export async function readLog(
  db: Kysely<PlatformTables>,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<PositionedRow[]> {
  return await db
    .selectFrom('outbox')
    .selectAll()
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .$narrowType<{ position: number }>()
    .execute()
}

/** The oldest events without a position; those of one record in the order of its versions. */
export async function findPending(
  trx: Transaction<PlatformTables>,
  limit: number,
): Promise<Pick<OutboxTable, 'id' | 'subject' | 'record_version'>[]> {
  const oldest = await trx
    .selectFrom('outbox')
    .select(['id', 'subject', 'record_version'])
    .where('position', 'is', null)
    .orderBy('position')
    .orderBy('id')
    .limit(limit)
    .execute()
  if (oldest.length < limit) return inOrder(oldest)
  // Ids come from the clocks of several machines: a record's later version may have the lower one, and its earlier
  // version lie beyond the limit.
  const subjects = [...new Set(oldest.map(({ subject }) => subject))]
  const all = await trx
    .selectFrom('outbox')
    .select(['id', 'subject', 'record_version'])
    .where('position', 'is', null)
    .where('subject', 'in', subjects)
    .orderBy('id')
    .execute()
  const chosen = new Set(oldest.map(({ id }) => id))
  const latest = new Map<string, number>()
  for (const row of oldest) {
    latest.set(row.subject, Math.max(row.record_version, latest.get(row.subject) ?? 0))
  }
  const earlier = all.filter(
    (row) => !chosen.has(row.id) && row.record_version < (latest.get(row.subject) ?? 0),
  )
  return inOrder([...earlier, ...oldest])
}

type Pending = Pick<OutboxTable, 'id' | 'subject' | 'record_version'>

/** Every record keeps the places that its events have, but fills them in the order of its versions. */
function inOrder(rows: readonly Pending[]): Pending[] {
  const bySubject = Map.groupBy(rows, ({ subject }) => subject)
  for (const group of bySubject.values()) {
    group.sort((a, b) => a.record_version - b.record_version || (a.id < b.id ? -1 : 1))
  }
  return rows.flatMap(({ subject }) => bySubject.get(subject)?.shift() ?? [])
}

/** Gives the positions after `head` to these events, in this order, in one statement. */
export async function assignPositions(
  trx: Transaction<PlatformTables>,
  { head, ids }: { readonly head: number; readonly ids: readonly string[] },
): Promise<void> {
  await ASSIGN[engineOf(trx)](head, JSON.stringify(ids)).execute(trx)
}

type Assign = (head: number, ids: string) => RawBuilder<unknown>

/** A list goes as one JSON value, so that the statement has the same text whatever its length. */
const ASSIGN: Readonly<Record<Engine, Assign>> = {
  sqlite: (head, ids) => sql`
    update outbox set position = ${head} + 1 + listed.key
    from json_each(${ids}) as listed
    where outbox.id = listed.value and outbox.position is null`,
  postgres: (head, ids) => sql`
    update outbox set position = ${head}::bigint + listed.place
    from json_array_elements_text(${ids}::json) with ordinality as listed (id, place)
    where outbox.id = listed.id::uuid and outbox.position is null`,
  mysql: (head, ids) => sql`
    update outbox
    join json_table(${ids}, '$[*]' columns (
      place for ordinality,
      id char(36) character set ascii collate ascii_bin path '$'
    )) as listed on listed.id = outbox.id
    set outbox.position = ${head} + listed.place
    where outbox.position is null`,
}
