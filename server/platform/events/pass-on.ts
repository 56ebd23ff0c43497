import type { Transaction } from 'kysely'
import { type Call, systemCall } from '../call.ts'
import { crashPoint } from '../crash-point.ts'
import type { PlatformTables } from '../database/tables.ts'
import { transaction } from '../database/transaction.ts'
import type { Signal } from '../signal.ts'
import { countHandled, type DeliveryParts, takeEffect } from './deliver.ts'
import { toEnvelope } from './envelope.ts'
import { LeaseLostError, type LeaseToken, requireLease } from './lease.ts'
import { assignPositions, findPendingRows } from './log.ts'
import { deliverFromLog, OWN_LOG, READ_AT_ONCE } from './readers.ts'
import { SEQUENCED_AT_ONCE, sequenceEvents } from './sequence.ts'

type OwnLogParts = {
  readonly parts: DeliveryParts
  readonly token: LeaseToken
  readonly installation: string
  /** Told when positions were given. */
  readonly advanced: Pick<Signal, 'tell'>
}

/** Up to where events have had their effect. */
type Standing = {
  readonly position: number
  /** There are, or may be, positions after that: of an earlier term, or because what was tried in one failed. */
  readonly isBehind: boolean
}

const call: Call<unknown> = systemCall

/** Takes the events of this database, where no broker stands in between, one batch further; says if more may wait. */
export async function moveOn(
  log: OwnLogParts,
  standing: Standing,
): Promise<Standing & { readonly isMore: boolean }> {
  return standing.isBehind ? await catchUp(log, standing) : await passOn(log, standing)
}

/** Gives positions first, so that they do not wait for effects that take their time or fail. */
async function catchUp(log: OwnLogParts, { position }: Standing) {
  const { parts, token, advanced } = log
  const count = await sequenceEvents({ db: parts.db, token })
  if (count > 0) advanced.tell()
  const next = await deliverFromLog(log, position)
  const isBehind = count === SEQUENCED_AT_ONCE || next - position === READ_AT_ONCE
  return { position: next, isBehind, isMore: isBehind }
}

/**
 * Gives positions and has the events take effect in one transaction, which spares the database half of its work. The
 * positions are as late as the slowest effect of the batch, and not given at all when one fails.
 */
async function passOn(log: OwnLogParts, standing: Standing) {
  const { parts, advanced } = log
  try {
    crashPoint('relay.before-sequence')
    const { position, handled } = await transaction(parts.db, call, async (trx) => {
      return await passOnWithin(trx, log, standing.position)
    })
    crashPoint('relay.after-sequence')
    countHandled(parts, handled)
    if (position > standing.position) advanced.tell()
    return { position, isBehind: false, isMore: position - standing.position >= READ_AT_ONCE }
  } catch (error) {
    if (error instanceof LeaseLostError) throw error
    parts.log.debug(
      { err: error },
      'events could not be passed on in one; positions and effects are tried apart',
    )
    return { ...standing, isBehind: true, isMore: true }
  }
}

async function passOnWithin(
  trx: Transaction<PlatformTables>,
  { parts, token, installation }: OwnLogParts,
  position: number,
): Promise<{ readonly position: number; readonly handled: readonly string[] }> {
  await requireLease(trx, token)
  const { pending, head } = await findPendingRows(trx, READ_AT_ONCE)
  if (pending.length === 0) return { position, handled: [] }
  if (head !== position) throw new Error(`the log goes on after ${head}, its reader after ${position}`)
  await assignPositions(trx, { head, ids: pending.map(({ id }) => id) })
  crashPoint('relay.within-sequence')
  const events = pending.map((row, place) => toEnvelope({ ...row, position: head + 1 + place }, installation))
  const last = head + pending.length
  const handled = await takeEffect(trx, parts, { source: { reader: OWN_LOG, cursor: String(last) }, events })
  return { position: last, handled }
}
