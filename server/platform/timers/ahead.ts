import type { Transaction } from 'kysely'
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import type { PlatformTables } from '../database/tables.ts'
import { afterCommit } from '../database/transaction.ts'
import { type Claim, isFresh, newClaim } from './claims.ts'
import type { NewTimer, TimerName } from './timer.ts'

type AheadParts = {
  readonly clock: Clock
  /** Whether this process handles timers of a kind. */
  readonly isHandled: (kind: string) => boolean
  /** How many more timers this process may handle just now. */
  readonly countFree: () => number
  readonly begin: (claim: Claim) => void
}

type Trx = Transaction<PlatformTables>

export type ClaimsAhead = {
  /** The claim with which a timer is to be set; nothing for one that a sweep has to find. */
  readonly make: (trx: Trx, timer: NewTimer) => Claim | undefined
  /** For timers that are cancelled in the transaction that has set them. */
  readonly drop: (trx: Trx, timers: readonly TimerName[]) => void
}

/**
 * What is due when it is set is claimed by whoever sets it, and begun at the commit: nobody has to look for it first.
 * Claims are kept by the transaction, for what is rolled back has claimed nothing.
 */
export function createClaimsAhead({ clock, isHandled, countFree, begin }: AheadParts): ClaimsAhead {
  const made = new WeakMap<object, Map<string, Claim>>()

  function claimsOf(trx: Trx): Map<string, Claim> {
    // Every typed view of a transaction has the same executor.
    const executor = trx.getExecutor()
    const known = made.get(executor)
    if (known !== undefined) return known
    const claims = new Map<string, Claim>()
    made.set(executor, claims)
    afterCommit(trx, () => {
      if (claims.size > 0) crashPoint('timers.after-claim')
      const now = clock.now()
      // A transaction that has taken its time leaves its claims to run out, for somebody may have them by now.
      for (const claim of claims.values()) if (isFresh(claim, now)) begin(claim)
    })
    return claims
  }

  function drop(trx: Trx, timers: readonly TimerName[]): void {
    const claims = made.get(trx.getExecutor())
    for (const timer of timers) claims?.delete(keyOf(timer))
  }

  return {
    drop,
    make(trx, timer) {
      // Set twice in one transaction, it is begun as it was set last.
      drop(trx, [timer])
      const now = clock.now()
      if (timer.dueAt > now || !isHandled(timer.kind)) return undefined
      const claims = claimsOf(trx)
      if (claims.size >= countFree()) return undefined
      const claim = newClaim(timer, now)
      claims.set(keyOf(timer), claim)
      return claim
    },
  }
}

function keyOf({ kind, subject }: TimerName): string {
  return `${kind} ${subject}`
}
