import type { Clock } from '#platform/clock'
import type { TimerKind } from '#platform/timers/timer'
import { deleteOldDeliveries } from './delivery-queries.ts'
import type { WebhookTables } from './table.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
const KEPT_MS = 30 * DAY_MS

/** Removes, once a day, the deliveries of thirty days ago; those that were to be sent to a deleted webhook as well. */
export function createCleanUp({ clock }: { readonly clock: Clock }): TimerKind {
  return {
    kind: 'webhooks.clean-up',
    standing: 'daily',
    async handle(_timer, complete) {
      await complete(async (trx) => {
        const now = clock.now().getTime()
        await deleteOldDeliveries(trx.withTables<WebhookTables>(), new Date(now - KEPT_MS))
        return { again: new Date(now + DAY_MS) }
      })
    },
  }
}
