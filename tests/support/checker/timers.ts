import { type Evidence, rowsOf } from './evidence.ts'
import { each, type Violation } from './violation.ts'

type Ending = { readonly kind: string; readonly subject: string; readonly count: number }

/**
 * A table into which a test's timers write one row each time that one ends, with the columns `kind`, `subject` and
 * `due_at`, and without a unique key that would hide a second ending.
 */
export async function checkTimers(
  { db, tables }: Evidence,
  { effectTable }: { readonly effectTable: string | null },
): Promise<Violation[]> {
  if (effectTable === null) return []
  if (!tables.has(effectTable)) throw new Error(`there is no table ${effectTable}`)
  const twice = await rowsOf<Ending>(
    db,
    `select kind, subject, count(*) as count from ${effectTable}
     group by kind, subject, due_at having count(*) > 1`,
  )
  return each(
    'I7',
    twice.map(({ kind, subject, count }) => `${kind} ${subject} ended ${count} times`),
    (what) => `the timer ${what} for one due time`,
  )
}
