import type { Clock } from '#platform/clock'
import type { TimerKind } from '#platform/timers/timer'
import { deleteSentDeliveries } from './delivery-queries.ts'
import { deleteReadNotifications } from './notification-queries.ts'
import type { NotificationTables } from './table.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
const KEPT_MS = 90 * DAY_MS

/**
 * Removes, once a day, what was read or sent a quarter of a year ago. The events that it came from are old news by
 * then, so nothing is told again.
 */
export function createCleanUp({ clock }: { readonly clock: Clock }): TimerKind {
  return {
    kind: 'notifications.clean-up',
    standing: 'daily',
    async handle(_timer, complete) {
      await complete(async (trx) => {
        const tables = trx.withTables<NotificationTables>()
        const now = clock.now().getTime()
        const before = new Date(now - KEPT_MS)
        await deleteReadNotifications(tables, before)
        await deleteSentDeliveries(tables, before)
        return { again: new Date(now + DAY_MS) }
      })
    },
  }
}
