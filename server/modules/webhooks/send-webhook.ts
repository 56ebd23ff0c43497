import type { Transaction } from 'kysely'
import { systemCall } from '#platform/call'
import type { Log } from '#platform/telemetry/log'
import type { Complete, DueTimer, Outcome, TimerKind } from '#platform/timers/timer'
import { type Attempt, isSuccess, type Result } from './attempt.ts'
import {
  changeDeliveries,
  type DeliveryRow,
  findDelivery,
  noteAttempt,
  stopDeliveries,
} from './delivery-queries.ts'
import { webhookEvent } from './events.ts'
import type { WebhookLanes } from './lanes.ts'
import { isAskedFor, SEND_TIMER, type WebhookParts } from './parts.ts'
import { afterPause, type Chance, isOver, nextAttemptAt, pausedUntil } from './rules.ts'
import type { DisabledReason } from './schemas.ts'
import type { WebhookTables } from './table.ts'
import { clearFailures, findWebhook, lockWebhook, updateWebhook, type WebhookRow } from './webhook-queries.ts'

const GONE = 410

type Parts = Pick<WebhookParts, 'db' | 'clock' | 'outbox'> & {
  readonly attempt: Attempt
  readonly lanes: WebhookLanes
  readonly chance: Chance
  readonly log: Log
}

/**
 * Sends a delivery when its time has come. When the process dies between the receiver's answer and our commit, it goes
 * out again with the same `webhook-id`, by which the receiver knows that it is the same.
 */
export function createSendWebhook({ db, clock, outbox, attempt, lanes, chance, log }: Parts): TimerKind {
  return {
    kind: SEND_TIMER,
    async handle(timer, complete) {
      const delivery = await findDelivery(db, timer.subject)
      const webhook = delivery === undefined ? undefined : await findWebhook(db, delivery.webhook_id)
      if (delivery?.state !== 'pending' || webhook === undefined) await complete(async () => {})
      else if (webhook.disabled_at !== null) await complete(async (trx) => await stop(trx, delivery))
      else await sendInTurn({ webhook, delivery, timer, complete })
    },
  }

  type Turn = {
    readonly webhook: WebhookRow
    readonly delivery: DeliveryRow
    readonly timer: DueTimer
    readonly complete: Complete
  }

  async function sendInTurn({ webhook, delivery, timer, complete }: Turn): Promise<void> {
    const now = clock.now()
    const { paused_until_at: until, failing_since_at: since } = webhook
    if (until !== null && until > now && !isAskedFor(timer.data)) {
      await complete(async () => ({ again: afterPause(now, until, chance) }))
      return
    }
    const waitMs = await lanes.take(webhook.id, {
      isFailing: since !== null && !isAskedFor(timer.data),
      work: async () => {
        const result = await attempt(webhook, delivery)
        await complete(async (trx) => await note(trx, delivery, result))
      },
    })
    if (waitMs !== null) {
      await complete(async () => ({ again: new Date(now.getTime() + waitMs), data: timer.data }))
    }
  }

  /** The webhook may have been enabled again since it was read; then it is sent after all. */
  async function stop(platform: Parameters<Parameters<Complete>[0]>[0], delivery: DeliveryRow) {
    const trx = platform.withTables<WebhookTables>()
    const webhook = await lockWebhook(trx, delivery.webhook_id)
    if (webhook?.disabled_at === null) return { again: clock.now() }
    await changeDeliveries(trx, [delivery.id], { state: 'stopped', next_attempt_at: null })
    return undefined
  }

  async function note(
    platform: Parameters<Parameters<Complete>[0]>[0],
    delivery: DeliveryRow,
    { status, error, answer }: Result,
  ): Promise<Outcome> {
    const trx = platform.withTables<WebhookTables>()
    const now = clock.now()
    const noted = { last_status: status, last_error: error, last_answer: answer, last_attempt_at: now }
    if (isSuccess(status)) {
      await clearFailures(trx, delivery.webhook_id)
      const delivered = { ...noted, state: 'delivered', delivered_at: now, next_attempt_at: null }
      await noteAttempt(trx, delivery.id, delivered)
      return undefined
    }
    const standing = await noteFailure(trx, delivery.webhook_id, status)
    const isLast = status === GONE || (standing === 'pending' && isOver(delivery.begun_at, now))
    const state = isLast ? 'failed' : standing
    const again = state === 'pending' ? nextAttemptAt(now, delivery.attempts + 1, chance) : null
    await noteAttempt(trx, delivery.id, { ...noted, state, next_attempt_at: again })
    return again === null ? undefined : { again }
  }

  /** What the failure means to the webhook, and so to what is to be sent to it. */
  async function noteFailure(
    trx: Transaction<WebhookTables>,
    id: string,
    status: number | null,
  ): Promise<'pending' | 'stopped' | 'failed'> {
    const webhook = await lockWebhook(trx, id)
    if (webhook === undefined) return 'failed'
    if (webhook.disabled_at !== null) return 'stopped'
    const now = clock.now()
    const since = webhook.failing_since_at ?? now
    if (status === GONE || isOver(since, now)) {
      await disable(trx, webhook, status === GONE ? 'gone' : 'failing')
      return 'stopped'
    }
    await updateWebhook(trx, id, { failing_since_at: since, paused_until_at: pausedUntil(now, since) })
    return 'pending'
  }

  async function disable(
    trx: Transaction<WebhookTables>,
    webhook: WebhookRow,
    reason: DisabledReason,
  ): Promise<void> {
    const now = clock.now()
    const change = {
      disabled_at: now,
      disabled_reason: reason,
      version: webhook.version + 1,
      updated_at: now,
    }
    await updateWebhook(trx, webhook.id, change)
    await stopDeliveries(trx, webhook.id)
    await outbox.append(trx, systemCall, webhookEvent('disabled', { ...webhook, ...change }))
    log.warn({ webhook_id: webhook.id, reason }, 'a webhook was disabled')
  }
}
