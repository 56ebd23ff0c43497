import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import process from 'node:process'
import type { Kysely, Transaction } from 'kysely'
import type { Clock } from '../clock.ts'
import { engineOf } from '../database/engine.ts'
import { databaseFailure } from '../database/failure.ts'
import type { LeaseTable, PlatformTables } from '../database/tables.ts'

/** Everything that one process alone may do for a database hangs on this lease. */
export const EVENTS_LEASE = 'events'

export const LEASE_MS = 6_000

/** Says that another process has taken over: whatever was under way must not be completed. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'
}

/** The number of a term of office; it grows with every change of hands. */
export type LeaseToken = number

type LeaseParts = { readonly db: Kysely<PlatformTables>; readonly clock: Clock; readonly holder: string }

/** Answers whether the lease has stayed as it is for so long that its holder must be gone. */
type LeaseWatch = (held: Pick<LeaseTable, 'token' | 'until_at'>) => boolean

/** A machine restarts its programs under the same number, so whoever has ours and is not in here is gone. */
const holdersHere = new Set<string>()

/** A name for one part of this process that may hold the lease. */
export function nameHolder(): string {
  const holder = `${hostname().slice(0, 20)}:${process.pid}:${randomUUID().slice(0, 8)}`
  holdersHere.add(holder)
  return holder
}

/**
 * Sees by our own clock alone that a holder is gone: one whose clock was ahead of ours would seem to hold the lease
 * long after its end, but one that lives renews it.
 */
export function createLeaseWatch(): LeaseWatch {
  let seen = ''
  let sinceMs = 0
  return ({ token, until_at }) => {
    const state = `${token} ${until_at.getTime()}`
    if (state !== seen) sinceMs = performance.now()
    seen = state
    return performance.now() - sinceMs >= LEASE_MS
  }
}

/** Takes the lease if it is free; else answers until when it is held. */
export async function acquireLease({
  db,
  clock,
  holder,
  isAbandoned = () => false,
}: LeaseParts & { readonly isAbandoned?: LeaseWatch }): Promise<
  { readonly token: LeaseToken } | { readonly heldUntil: Date }
> {
  const now = clock.now()
  const untilAt = new Date(now.getTime() + LEASE_MS)
  const held = await db.selectFrom('leases').selectAll().where('name', '=', EVENTS_LEASE).executeTakeFirst()
  if (held === undefined) {
    try {
      await db
        .insertInto('leases')
        .values({ name: EVENTS_LEASE, holder, token: 1, until_at: untilAt })
        .execute()
      return { token: 1 }
    } catch (error) {
      if (databaseFailure(error) === 'unique') return { heldUntil: untilAt }
      throw error
    }
  }
  const isFree = isAbandoned(held) || held.until_at <= now || isDead(db, held)
  if (!isFree) return { heldUntil: held.until_at }
  const { numUpdatedRows } = await db
    .updateTable('leases')
    .set({ holder, token: held.token + 1, until_at: untilAt })
    .where('name', '=', EVENTS_LEASE)
    .where('token', '=', held.token)
    .executeTakeFirst()
  return numUpdatedRows === 1n ? { token: held.token + 1 } : { heldUntil: untilAt }
}

/** A file is used by the processes of one machine, which can tell at once that a holder is gone. */
function isDead(db: Kysely<PlatformTables>, { holder }: Pick<LeaseTable, 'holder'>): boolean {
  if (engineOf(db) !== 'sqlite') return false
  const [host, pid] = holder.split(':')
  if (host !== hostname().slice(0, 20)) return false
  if (Number(pid) === process.pid) return !holdersHere.has(holder)
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

export async function renewLease({ db, clock }: LeaseParts, token: LeaseToken): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('leases')
    .set({ until_at: new Date(clock.now().getTime() + LEASE_MS) })
    .where('name', '=', EVENTS_LEASE)
    .where('token', '=', token)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw new LeaseLostError('another process holds the lease')
}

/** Lets another process take over at once. */
export async function releaseLease({ db, clock }: LeaseParts, token: LeaseToken): Promise<void> {
  await db
    .updateTable('leases')
    .set({ until_at: clock.now() })
    .where('name', '=', EVENTS_LEASE)
    .where('token', '=', token)
    .execute()
}

/** Ends the present term, whoever's it is: its holder finds at its next step that it has lost it, and begins another. */
export async function endTerm(trx: Transaction<PlatformTables>, now: Date): Promise<void> {
  await trx
    .updateTable('leases')
    .set((eb) => ({ token: eb('token', '+', 1), until_at: now }))
    .where('name', '=', EVENTS_LEASE)
    .execute()
}

/** Guards a transaction: it commits only in the term that it belongs to, for the next holder must wait for this lock. */
export async function requireLease(trx: Transaction<PlatformTables>, token: LeaseToken): Promise<void> {
  const held = await trx
    .selectFrom('leases')
    .select('token')
    .where('name', '=', EVENTS_LEASE)
    .forUpdate()
    .executeTakeFirst()
  if (held?.token !== token) throw new LeaseLostError('another process holds the lease')
}
