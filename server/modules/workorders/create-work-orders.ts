import { createBusinessDays } from '#platform/business-days'
import type { EventConsumer } from '#platform/events/consumer'
import type { Files } from '#platform/files/files'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import type { TimerKind } from '#platform/timers/timer'
import { createDeadline } from './deadline.ts'
import { createDemandCopy } from './demand-copy.ts'
import type { WorkOrderParts } from './parts.ts'
import { productCopy } from './product-copy.ts'
import { registerWorkOrders } from './register.ts'
import { createReworkConsumer } from './rework.ts'
import { createScheduleTimer } from './schedule-timer.ts'

export type WorkOrderOptions = Omit<WorkOrderParts, 'businessDays'> & {
  /** The time zone in which people count the days, as an IANA name. */
  readonly businessZone: string
}

type RouteParts = { readonly files: Files; readonly answerOnce: AnswerOnce }

export type WorkOrderModule = {
  readonly consumers: readonly EventConsumer[]
  readonly timerKinds: readonly TimerKind[]
  readonly registerRoutes: (app: HttpServer, parts: RouteParts) => void
}

/** Puts the module together. */
export function createWorkOrders({ businessZone, ...rest }: WorkOrderOptions): WorkOrderModule {
  const parts: WorkOrderParts = { ...rest, businessDays: createBusinessDays(businessZone) }
  return {
    consumers: [productCopy, createDemandCopy(parts), createReworkConsumer(parts)],
    timerKinds: [createDeadline(parts), createScheduleTimer(parts)],
    registerRoutes(app, { files, answerOnce }) {
      registerWorkOrders(app, { ...parts, businessZone, files, answerOnce })
    },
  }
}
