import { createBusinessDays } from '#platform/business-days'
import type { EventConsumer } from '#platform/events/consumer'
import type { FilePurpose } from '#platform/files/files'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import type { AnyTimerKind } from '#platform/timers/timer'
import { createTaskAttachments } from './comments.ts'
import { createExpiry } from './expire-tasks.ts'
import type { TaskParts } from './parts.ts'
import { createRecordConsumer } from './record-consumer.ts'
import { registerTasks } from './register.ts'
import { createReminder } from './remind-tasks.ts'
import { createWarning } from './warn-tasks.ts'

export type TaskOptions = Omit<TaskParts, 'businessDays'> & {
  /** The time zone in which people count the days, as an IANA name. */
  readonly businessZone: string
}

type RouteParts = { readonly answerOnce: AnswerOnce }

export type TaskModule = {
  readonly consumers: readonly EventConsumer[]
  readonly timerKinds: readonly AnyTimerKind[]
  readonly filePurposes: readonly FilePurpose[]
  readonly registerRoutes: (app: HttpServer, parts: RouteParts) => void
}

/** Puts the module together. */
export function createTaskModule({ businessZone, ...rest }: TaskOptions): TaskModule {
  const parts: TaskParts = { ...rest, businessDays: createBusinessDays(businessZone) }
  return {
    consumers: [createRecordConsumer(parts)],
    timerKinds: [createExpiry(parts), createWarning(parts), createReminder(parts)],
    filePurposes: [createTaskAttachments(parts.db)],
    registerRoutes(app, { answerOnce }) {
      registerTasks(app, { ...parts, answerOnce })
    },
  }
}
