import { createBusinessDays } from '#platform/business-days'
import type { EventConsumer } from '#platform/events/consumer'
import type { FilePurpose, Files } from '#platform/files/files'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import type { TimerKind } from '#platform/timers/timer'
import { createTicketAttachments } from './attachments.ts'
import { createClockTimers } from './clock-timers.ts'
import type { TicketParts } from './parts.ts'
import { registerTickets } from './register.ts'
import { registerConversation } from './register-conversation.ts'
import { createReworkConsumer } from './rework-consumer.ts'
import { createAutoClose, createPendingEnd } from './wait-timers.ts'

export type TicketOptions = Omit<TicketParts, 'businessDays'> & {
  /** The time zone in which people count the days, as an IANA name. */
  readonly businessZone: string
}

type RouteParts = { readonly files: Files; readonly answerOnce: AnswerOnce }

export type TicketModule = {
  readonly consumers: readonly EventConsumer[]
  readonly timerKinds: readonly TimerKind[]
  readonly filePurposes: readonly FilePurpose[]
  readonly registerRoutes: (app: HttpServer, parts: RouteParts) => void
}

/** Puts the module together. */
export function createTicketModule({ businessZone, ...rest }: TicketOptions): TicketModule {
  const parts: TicketParts = { ...rest, businessDays: createBusinessDays(businessZone) }
  return {
    consumers: [createReworkConsumer(parts)],
    timerKinds: [createPendingEnd(parts), createAutoClose(parts), ...createClockTimers(parts)],
    filePurposes: [createTicketAttachments(parts.db)],
    registerRoutes(app, { files, answerOnce }) {
      registerTickets(app, { ...parts, answerOnce })
      registerConversation(app, { ...parts, files, answerOnce })
    },
  }
}
