import type { EventConsumer } from '#platform/events/consumer'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { createOutboundHttp } from '#platform/outbound/outbound-http'
import type { Log } from '#platform/telemetry/log'
import { traceUseCases } from '#platform/telemetry/traces'
import type { TimerKind } from '#platform/timers/timer'
import { createAttempt } from './attempt.ts'
import { createCleanUp } from './clean-up.ts'
import { createWebhookDeliveries } from './deliveries.ts'
import { createWebhookLanes } from './lanes.ts'
import type { WebhookParts } from './parts.ts'
import { createResume } from './resume.ts'
import { registerWebhookRoutes } from './routes.ts'
import { createSealing } from './secrets.ts'
import { createSendWebhook } from './send-webhook.ts'
import { createTellWebhooks } from './tell-webhooks.ts'
import type { UrlRules } from './url.ts'
import { createWebhookUseCases } from './webhooks.ts'

export type WebhookOptions = Omit<WebhookParts, 'sealing'> & {
  readonly log: Log
  /** Seals the webhooks' own secrets. */
  readonly secret: string
  readonly urlRules: UrlRules
  readonly userAgent: string
}

export type WebhookModule = {
  readonly consumers: readonly EventConsumer[]
  readonly timerKinds: readonly TimerKind[]
  readonly registerRoutes: (app: HttpServer, parts: { readonly answerOnce: AnswerOnce }) => void
}

/** Puts the module together. */
export function createWebhooks({ secret, urlRules, userAgent, log, ...rest }: WebhookOptions): WebhookModule {
  const parts: WebhookParts = { ...rest, sealing: createSealing(secret) }
  const chance = Math.random
  const outbound = createOutboundHttp({ allowPrivate: urlRules.allowPrivate, log })
  const attempt = createAttempt({ ...parts, outbound, userAgent })
  return {
    consumers: [createTellWebhooks(parts)],
    timerKinds: [
      createSendWebhook({ ...parts, attempt, lanes: createWebhookLanes({ chance }), chance, log }),
      createResume(parts),
      createCleanUp(parts),
    ],
    registerRoutes(app, { answerOnce }) {
      registerWebhookRoutes(app, {
        webhooks: traceUseCases('webhooks', createWebhookUseCases({ ...parts, urlRules })),
        deliveries: traceUseCases('webhooks', createWebhookDeliveries(parts)),
        answerOnce,
      })
    },
  }
}
