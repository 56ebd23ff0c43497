import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import { engineOf } from './engine.ts'

type Span = { readonly from: RawBuilder<unknown>; readonly to: RawBuilder<unknown> }

/** The milliseconds from one time to another; null if one of them is. */
export function elapsedMs(db: QueryExecutorProvider, { from, to }: Span): RawBuilder<number> {
  switch (engineOf(db)) {
    case 'sqlite':
      return sql<number>`(${to} - ${from})`
    case 'postgres':
      return sql<number>`cast(round(extract(epoch from (${to} - ${from})) * 1000) as bigint)`
    case 'mysql':
      return sql<number>`(timestampdiff(microsecond, ${from}, ${to}) div 1000)`
  }
}

type Stretch = {
  /** The columns of its start and its end; while it lasts, the end is null. */
  readonly startedAt: string
  readonly endedAt: string
  readonly since: Date
  readonly until: Date
}

/** How many milliseconds of a stretch that meets the time from `since` to `until` lie within it. */
export function overlapMs(
  db: QueryExecutorProvider,
  { startedAt, endedAt, since, until }: Stretch,
): RawBuilder<number> {
  const start = sql.ref(startedAt)
  const end = sql.ref(endedAt)
  return elapsedMs(db, {
    from: sql`case when ${start} < ${since} then ${since} else ${start} end`,
    to: sql`case when ${end} is null or ${end} > ${until} then ${until} else ${end} end`,
  })
}
