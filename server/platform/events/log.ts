import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql, type Transaction } from 'kysely'
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

type Pending = Pick<OutboxTable, 'id' | 'subject' | 'record_version'>

/** The oldest events without a position, and the position of the last event that has one. */
type PendingEvents<Row> = { readonly pending: readonly Row[]; readonly head: number }

/** Those of one record in the order of its versions, and none left out. */
export async function findPending(
  trx: Transaction<PlatformTables>,
  limit: number,
): Promise<PendingEvents<Pending>> {
  return await choosePending(() => selectWithHead(trx).select(['id', 'subject', 'record_version']), limit)
}

/** The same with all that the log has of each. */
export async function findPendingRows(
  trx: Transaction<PlatformTables>,
  limit: number,
): Promise<PendingEvents<OutboxTable>> {
  return await choosePending(() => selectWithHead(trx).selectAll('outbox'), limit)
}

type WithHead = { readonly head: number | null }
type Select<Row> = () => SelectQueryBuilder<PlatformTables, 'outbox', Row & WithHead>

function selectWithHead(trx: Transaction<PlatformTables>) {
  return trx.selectFrom('outbox').select((eb) =>
    eb
      .selectFrom('outbox')
      .select((last) => last.fn.max('position').as('head'))
      .as('head'),
  )
}

async function choosePending<Row extends Pending>(
  select: Select<Row>,
  limit: number,
): Promise<PendingEvents<Row>> {
  const oldest = await select()
    .where('position', 'is', null)
    .orderBy('position')
    .orderBy('id')
    .limit(limit)
    .execute()
  const pending = inOrder(oldest.length < limit ? oldest : await withEarlier(select, oldest))
  return { pending, head: oldest[0]?.head ?? 0 }
}

/**
 * Ids come from the clocks of several machines, so an earlier version of a record may lie beyond the limit when a
 * later one does not. Versions follow each other without gaps: it is enough to look for those that are missing among
 * the chosen ones and for the one before them.
 */
async function withEarlier<Row extends Pending>(
  select: Select<Row>,
  chosen: readonly (Row & WithHead)[],
): Promise<readonly (Row & WithHead)[]> {
  const missing = listMissing(chosen)
  const found: (Row & WithHead)[] = []
  for (let start = 0; start < missing.length; start += PAIRS_AT_ONCE) {
    const pairs = missing.slice(start, start + PAIRS_AT_ONCE)
    found.push(
      ...(await select()
        .where('position', 'is', null)
        .where((eb) =>
          eb.or(pairs.map(({ subject, version }) => eb.and({ subject, record_version: version }))),
        )
        .execute()),
    )
  }
  return found.length === 0 ? chosen : await withEarlier(select, [...found, ...chosen])
}

const PAIRS_AT_ONCE = 100

function listMissing(chosen: readonly Pending[]): { readonly subject: string; readonly version: number }[] {
  const missing = []
  for (const [subject, rows] of Map.groupBy(chosen, (row) => row.subject)) {
    const versions = new Set(rows.map((row) => row.record_version))
    for (const version of versions) {
      const before = version - 1
      if (before > 0 && !versions.has(before)) missing.push({ subject, version: before })
    }
  }
  return missing
}

/** Every record keeps the places that its events have, but fills them in the order of its versions. */
function inOrder<Row extends Pending>(rows: readonly Row[]): Row[] {
  const bySubject = Map.groupBy(rows, ({ subject }) => subject)
  for (const group of bySubject.values()) {
    group.sort((a, b) => b.record_version - a.record_version || (b.id < a.id ? -1 : 1))
  }
  return rows.flatMap(({ subject }) => bySubject.get(subject)?.pop() ?? [])
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
  // The plus keeps it from going by the position, which all that wait have in common.
  sqlite: (head, ids) => sql`
    update outbox set position = ${head} + 1 + listed.key
    from json_each(${ids}) as listed
    where outbox.id = listed.value and +outbox.position is null`,
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
