import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import type { Call } from '../call.ts'
import { refuse } from '../errors.ts'
import { databaseFailure } from './failure.ts'

const ATTEMPTS = 12

/**
 * Runs a use case's work in one transaction and commits it, or leaves nothing.
 * When the engine gives the transaction up for the sake of another (a deadlock, a serialization failure), the whole
 * callback runs again; so it changes nothing but rows, and refuses by throwing.
 */
export async function transaction<DB, Result>(
  db: Kysely<DB>,
  call: Call<Result>,
  work: (trx: Transaction<DB>) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(async (trx) => {
        await call.companion?.begin(trx)
        const result = await work(trx)
        await call.companion?.finish(trx, result)
        return result
      })
    } catch (error) {
      const failure = databaseFailure(error)
      if (failure === 'busy') throw refuse('unavailable', { retryAfterSeconds: 1, cause: error })
      if (failure !== 'conflict') throw error
      if (attempt === ATTEMPTS) throw refuse('unavailable', { retryAfterSeconds: 1, cause: error })
      // Jitter keeps two transactions from meeting again at the same place.
      await delay(Math.random() * Math.min(2 ** attempt, 100))
    }
  }
}
