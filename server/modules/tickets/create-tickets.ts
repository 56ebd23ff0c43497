import { createBusinessDays } from '#platform/business-days'
import type { EventConsumer } from '#platform/events/consumer'
import type { FilePurpose, Files } from '#platform/files/files'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import type { Log } from '#platform/telemetry/log'
import type { TimerKind } from '#platform/timers/timer'
import { createTicketAttachments } from './attachments.ts'
import { createClockTimers } from './clock-timers.ts'
import type { InvgateOptions } from './invgate-bridge.ts'
import type { TicketParts } from './parts.ts'
import { registerTickets } from './register.ts'
import { registerConversation } from './register-conversation.ts'
import { chooseCreateTicket, createInvgateWorkers, openInvgate, registerInvgate } from './register-invgate.ts'
import { createReworkConsumer } from './rework-consumer.ts'
import { createAutoClose, createPendingEnd } from './wait-timers.ts'

export type TicketOptions = Omit<TicketParts, 'businessDays'> & {
  /** The time zone in which people count the days, as an IANA name. */
  readonly businessZone: string
  /** Null for tickets that are wholly ours (D4). */
  readonly invgate: InvgateOptions | null
  readonly log: Log
  readonly files: Files
}

type RouteParts = { readonly files: Files; readonly answerOnce: AnswerOnce }

export type TicketModule = {
  readonly consumers: readonly EventConsumer[]
  readonly timerKinds: readonly TimerKind[]
  readonly filePurposes: readonly FilePurpose[]
  readonly registerRoutes: (app: HttpServer, parts: RouteParts) => void
}

/** Puts the module together. */
export function createTicketModule(options: TicketOptions): TicketModule {
  const { businessZone, invgate: address, log, files: store, ...rest } = options
  const parts: TicketParts = { ...rest, businessDays: createBusinessDays(businessZone) }
  const invgate = openInvgate(parts, { options: address, clock: parts.clock, log, files: store })
  const workers = createInvgateWorkers(parts, invgate)
  return {
    consumers: [createReworkConsumer(parts), ...workers.consumers],
    timerKinds: [
      createPendingEnd(parts),
      createAutoClose({ ...parts, desk: invgate?.bridge.desk ?? null }),
      ...createClockTimers(parts),
      ...workers.timerKinds,
    ],
    filePurposes: [createTicketAttachments(parts.db)],
    registerRoutes(app, { files, answerOnce }) {
      registerTickets(app, { ...parts, answerOnce, createTicket: chooseCreateTicket(parts, invgate) })
      registerInvgate(app, { ...parts, invgate, answerOnce })
      registerConversation(app, { ...parts, files, answerOnce })
    },
  }
}
