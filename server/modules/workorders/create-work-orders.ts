import { createBusinessDays } from '#platform/business-days'
import type { EventConsumer } from '#platform/events/consumer'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import type { TimerKind } from '#platform/timers/timer'
import { createDeadline } from './deadline.ts'
import type { WorkOrderParts } from './parts.ts'
import { registerWorkOrders } from './register.ts'

export type WorkOrderOptions = Omit<WorkOrderParts, 'businessDays'> & {
  /** The time zone in which people count the days, as an IANA name. */
  readonly businessZone: string
}

export type WorkOrderModule = {
  readonly consumers: readonly EventConsumer[]
  readonly timerKinds: readonly TimerKind[]
  readonly registerRoutes: (app: HttpServer, parts: { readonly answerOnce: AnswerOnce }) => void
}

/** Puts the module together. */
export function createWorkOrders({ businessZone, ...rest }: WorkOrderOptions): WorkOrderModule {
  const parts: WorkOrderParts = { ...rest, businessDays: createBusinessDays(businessZone) }
  return {
    consumers: [],
    timerKinds: [createDeadline(parts)],
    registerRoutes(app, { answerOnce }) {
      registerWorkOrders(app, { ...parts, answerOnce })
    },
  }
}
