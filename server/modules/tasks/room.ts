import type { Transaction } from 'kysely'
import { countWaiting } from './blocker-queries.ts'
import { refuse } from './errors.ts'
import type { TaskRow } from './queries.ts'
import { countTasksOnRecord } from './record-queries.ts'
import type { TaskTables } from './table.ts'

/** What follows when a record moves on, or a task ends, for all that hang on it is done in one transaction. */
const MOST = 100

type Ties = Pick<TaskRow, 'owner_id' | 'record_id'> & { readonly blockedByIds: readonly string[] }

type Opening = {
  /** Null for a task that has not been open. */
  readonly before: Ties | null
  /** Not written yet. */
  readonly after: Ties
}

/** Refuses to tie an open task, or one that is opened again, to what so many open ones are tied to already. */
export async function requireRoom(trx: Transaction<TaskTables>, { before, after }: Opening): Promise<void> {
  const { owner_id: ownerId, record_id: recordId } = after
  if (recordId !== null && recordId !== before?.record_id) {
    const count = await countTasksOnRecord(trx, { ownerId, recordId })
    if (count >= MOST) throw refuse('too_many_on_record', { details: { limit: MOST } })
  }
  const added = after.blockedByIds.filter((id) => !before?.blockedByIds.includes(id))
  const full = (await countWaiting(trx, added)).filter(({ count }) => count >= MOST).map(({ id }) => id)
  if (full.length > 0)
    throw refuse('too_many_waiting', { details: { limit: MOST, blocked_by_ids: full.toSorted() } })
}
