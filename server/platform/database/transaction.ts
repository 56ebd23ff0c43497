import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely, QueryExecutorProvider, Transaction } from 'kysely'
import type { Call } from '../call.ts'
import { crashPoint } from '../crash-point.ts'
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
      let committed: Transaction<DB> | undefined
      const result = await db.transaction().execute(async (trx) => {
        committed = trx
        await call.companion?.begin(trx)
        const made = await work(trx)
        await call.companion?.finish(trx, made)
        crashPoint('transaction.before-commit')
        return made
      })
      crashPoint('transaction.after-commit')
      if (committed !== undefined) await tellOfCommit(committed)
      return result
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

type Tell = () => void | Promise<void>

const waiting = new WeakMap<object, Set<Tell>>()

/**
 * Has something called when the transaction is committed, and never when it is not: once, however often it is asked
 * for within one transaction. It must not throw, and may be missed when the process dies. Who has asked for the
 * transaction waits for it, so it ends soon.
 */
export function afterCommit(trx: QueryExecutorProvider, tell: Tell): void {
  // Every typed view of a transaction has the same executor.
  const executor = trx.getExecutor()
  const known = waiting.get(executor)
  if (known === undefined) waiting.set(executor, new Set([tell]))
  else known.add(tell)
}

async function tellOfCommit(trx: QueryExecutorProvider): Promise<void> {
  const told = waiting.get(trx.getExecutor())
  if (told !== undefined) await Promise.all(Array.from(told, async (tell) => await tell()))
}
