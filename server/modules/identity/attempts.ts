import { createHash } from 'node:crypto'
import { systemCall } from '#platform/call'
import { fold } from '#platform/database/search'
import { transaction } from '#platform/database/transaction'
import { insertOnce } from '#platform/database/upsert'
import { networkOf } from '#platform/network'
import { refuse } from './errors.ts'
import type { IdentityParts } from './parts.ts'

const FAILURES = 10
const WINDOW_MS = 15 * 60 * 1_000
const LOCK_MS = 15 * 60 * 1_000

export type Attempts = ReturnType<typeof createAttempts>

/** Ten failures within 15 minutes lock an account for an address for 15 minutes, whether or not it exists (I2). */
export function createAttempts({ db, clock }: Pick<IdentityParts, 'db' | 'clock'>) {
  return {
    /**
     * Counts an attempt as failed before the password is looked at, so that a hundred at once are not a hundred tries;
     * `succeeded` takes it back. Answers the pair's id.
     */
    async begin(account: string, address: string): Promise<string> {
      const id = createHash('sha256')
        .update(`${fold(account, 254)}\n${networkOf(address)}`)
        .digest('hex')
      await transaction(db, systemCall, async (trx) => {
        const now = clock.now()
        await insertOnce(trx, 'sign_in_failures', { id, failures: 0, first_at: now, locked_until_at: null })
        const row = await trx
          .selectFrom('sign_in_failures')
          .selectAll()
          .where('id', '=', id)
          .forUpdate()
          .executeTakeFirstOrThrow()
        if (row.locked_until_at !== null && row.locked_until_at > now) throw locked(row.locked_until_at, now)
        const isOver = now.getTime() - row.first_at.getTime() > WINDOW_MS || row.locked_until_at !== null
        const failures = isOver ? 1 : row.failures + 1
        const lockedUntil = failures >= FAILURES ? new Date(now.getTime() + LOCK_MS) : null
        await trx
          .updateTable('sign_in_failures')
          .set({ failures, locked_until_at: lockedUntil, ...(isOver ? { first_at: now } : {}) })
          .where('id', '=', id)
          .execute()
      })
      return id
    },

    async succeeded(id: string): Promise<void> {
      await db.deleteFrom('sign_in_failures').where('id', '=', id).execute()
    },
  }
}

function locked(until: Date, now: Date) {
  const seconds = Math.ceil((until.getTime() - now.getTime()) / 1_000)
  return refuse('too_many_failures', { details: { seconds }, retryAfterSeconds: seconds })
}
