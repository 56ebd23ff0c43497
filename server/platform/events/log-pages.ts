import { type Kysely, type SqlBool, sql } from 'kysely'
import type { PlatformTables } from '../database/tables.ts'
import type { PositionedRow } from './envelope.ts'

type LogQuestion = {
  readonly after: number
  readonly limit: number
  /** With a star at the end, all that begin so. */
  readonly type?: string | undefined
  readonly subject?: string | undefined
}

/** A page of the log in the order of its positions, and whether more follow. */
export async function listLog(
  db: Kysely<PlatformTables>,
  { after, limit, type, subject }: LogQuestion,
): Promise<{ readonly rows: readonly PositionedRow[]; readonly hasMore: boolean }> {
  let query = db
    .selectFrom('outbox')
    .selectAll()
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit + 1)
  if (subject !== undefined) query = query.where('subject', '=', subject)
  if (type?.endsWith('*') === true) {
    const pattern = `${type.slice(0, -1).replaceAll('_', '!_')}%`
    query = query.where(sql<SqlBool>`type like ${pattern} escape '!'`)
  } else if (type !== undefined) query = query.where('type', '=', type)
  const found = await query.$narrowType<{ position: number }>().execute()
  return { rows: found.slice(0, limit), hasMore: found.length > limit }
}
