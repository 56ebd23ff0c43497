import type { Kysely } from 'kysely'
import { deleteOldSessions, type IdentityTables } from '#modules/identity'
import type { Clock } from '#platform/clock'
import { deleteOldIdempotencyKeys } from '#platform/http/idempotency'
import type { Log } from '#platform/telemetry/log'

const HOUR_MS = 60 * 60 * 1_000

type HousekeepingParts = { readonly db: Kysely<IdentityTables>; readonly clock: Clock; readonly log: Log }

/** Removes, about once an hour, the rows that have served their time; any number of instances may do so at once. */
export function startHousekeeping({ db, clock, log }: HousekeepingParts): { stop: () => Promise<void> } {
  let running: Promise<void> = Promise.resolve()

  async function sweep(): Promise<void> {
    try {
      await deleteOldIdempotencyKeys(db, clock.now())
      await deleteOldSessions(db, clock.now())
    } catch (error) {
      log.warn({ err: error }, 'old rows could not be removed; the next hour brings another try')
    }
  }

  const timer = setInterval(
    () => {
      running = sweep()
    },
    HOUR_MS * (0.9 + Math.random() * 0.2),
  ).unref()
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
