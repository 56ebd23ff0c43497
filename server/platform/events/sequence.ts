import type { Kysely } from 'kysely'
import { type Call, systemCall } from '../call.ts'
import { crashPoint } from '../crash-point.ts'
import type { PlatformTables } from '../database/tables.ts'
import { transaction } from '../database/transaction.ts'
import { type LeaseToken, requireLease } from './lease.ts'
import { assignPositions, findPending } from './log.ts'

/** With fewer at once there are no more for now. */
export const SEQUENCED_AT_ONCE = 1_000

type SequenceParts = {
  readonly db: Kysely<PlatformTables>
  readonly token: LeaseToken
  readonly limit?: number
}

const call: Call<unknown> = systemCall

/**
 * Gives the oldest events without a position the next ones, and answers how many. Only what is committed is seen, and
 * one process at a time does it, so the sequence has no gaps and nothing arrives late in its middle.
 */
export async function sequenceEvents({
  db,
  token,
  limit = SEQUENCED_AT_ONCE,
}: SequenceParts): Promise<number> {
  crashPoint('relay.before-sequence')
  const count = await transaction(db, call, async (trx) => {
    await requireLease(trx, token)
    const { pending, head } = await findPending(trx, limit)
    if (pending.length === 0) return 0
    await assignPositions(trx, { head, ids: pending.map(({ id }) => id) })
    crashPoint('relay.within-sequence')
    return pending.length
  })
  crashPoint('relay.after-sequence')
  return count
}
