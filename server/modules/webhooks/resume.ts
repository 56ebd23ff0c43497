import type { TimerKind } from '#platform/timers/timer'
import { changeDeliveries, listStopped } from './delivery-queries.ts'
import { RESUME_TIMER, SEND_TIMER, type WebhookParts } from './parts.ts'
import type { WebhookTables } from './table.ts'
import { lockWebhook } from './webhook-queries.ts'

const AT_ONCE = 100

/** Sends what was stopped when a webhook is enabled again, some at a time: it may be the work of a whole day. */
export function createResume({ clock, timers }: Pick<WebhookParts, 'clock' | 'timers'>): TimerKind {
  return {
    kind: RESUME_TIMER,
    async handle({ subject: webhookId }, complete) {
      await complete(async (platform) => {
        const trx = platform.withTables<WebhookTables>()
        const webhook = await lockWebhook(trx, webhookId)
        if (webhook?.disabled_at !== null) return undefined
        const ids = await listStopped(trx, webhookId, AT_ONCE)
        const now = clock.now()
        const begin = { state: 'pending', attempts: 0, begun_at: now, next_attempt_at: now }
        await changeDeliveries(trx, ids, begin)
        await timers.schedule(trx, ...ids.map((id) => ({ kind: SEND_TIMER, subject: id, dueAt: now })))
        return ids.length < AT_ONCE ? undefined : { again: now }
      })
    },
  }
}
