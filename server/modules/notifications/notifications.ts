import type { EventConsumer } from '#platform/events/consumer'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import type { Language } from '#platform/language'
import type { Mailer } from '#platform/mail/mailer'
import { traceUseCases } from '#platform/telemetry/traces'
import type { TimerKind } from '#platform/timers/timer'
import { createCleanUp } from './clean-up.ts'
import { createDeliveries } from './deliveries.ts'
import { registerDeliveryRoutes } from './delivery-routes.ts'
import { createEnqueueMail } from './enqueue-mail.ts'
import { registerNotificationRoutes } from './notification-routes.ts'
import { createNotify } from './notify.ts'
import { createOwnNotifications } from './own-notifications.ts'
import type { NotificationParts } from './parts.ts'
import { createSendMail } from './send-mail.ts'
import { createTellOfOrders } from './tell-of-orders.ts'
import { createTellOfTasks } from './tell-of-tasks.ts'
import { createTellOfTickets } from './tell-of-tickets.ts'

export type NotificationOptions = NotificationParts & {
  readonly mailer: Mailer
  /** For those who have named none. */
  readonly defaultLanguage: Language
  /** The time zone in which people count the days, as an IANA name. */
  readonly businessZone: string
}

export type Notifications = {
  readonly consumers: readonly EventConsumer[]
  readonly timerKinds: readonly TimerKind[]
  readonly registerRoutes: (app: HttpServer, parts: { readonly answerOnce: AnswerOnce }) => void
}

/** Puts the module together. */
export function createNotifications(options: NotificationOptions): Notifications {
  const notify = createNotify(options)
  const enqueueMail = createEnqueueMail(options)
  return {
    consumers: [
      createTellOfOrders({ ...options, notify, enqueueMail }),
      createTellOfTasks({ ...options, notify }),
      createTellOfTickets({ ...options, notify, enqueueMail }),
    ],
    timerKinds: [createSendMail(options), createCleanUp(options)],
    registerRoutes(app, { answerOnce }) {
      registerNotificationRoutes(app, {
        notifications: traceUseCases('notifications', createOwnNotifications(options)),
        answerOnce,
      })
      registerDeliveryRoutes(app, {
        deliveries: traceUseCases('notifications', createDeliveries(options)),
        answerOnce,
      })
    },
  }
}
