import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { PlatformTables } from '../database/tables.ts'
import type { TimerKind } from '../timers/timer.ts'
import { deleteFiles, listDropped, markForgottenDropped } from './file-queries.ts'
import type { FileStore } from './store.ts'

const MINUTE_MS = 60_000
const INTERVAL_MS = 10 * MINUTE_MS
/** Within this time a file that was stored is named in a record, or never. */
const FORGOTTEN_AFTER_MS = 60 * MINUTE_MS
const BATCH = 50

type CleanUpParts = {
  readonly db: Kysely<PlatformTables>
  readonly clock: Clock
  readonly store: FileStore
}

/** Removes the files that no record names any more or has come to name, first from the store, then their rows. */
export function createFileCleanUp({ db, clock, store }: CleanUpParts): TimerKind {
  return {
    kind: 'files.clean-up',
    standing: 'all',
    // What was dropped just now may still be on its way into the store, so it waits for a minute.
    async handle(_timer, complete) {
      const now = clock.now()
      await markForgottenDropped(db, { before: new Date(now.getTime() - FORGOTTEN_AFTER_MS), now })
      const dropped = await listDropped(db, { before: new Date(now.getTime() - MINUTE_MS), limit: BATCH })
      const removed = await Promise.all(
        dropped.map(async ({ id }) => {
          await store.remove(id)
          return id
        }),
      )
      await complete(async (trx) => {
        await deleteFiles(trx, removed)
        return { again: new Date(now.getTime() + (dropped.length === BATCH ? 0 : INTERVAL_MS)) }
      })
    },
  }
}
