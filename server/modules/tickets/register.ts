import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { createBusinessCalendar } from './business-calendar.ts'
import type { CreateTicket } from './create-ticket.ts'
import { createCustomerMoves } from './customer-moves.ts'
import { createEditTicket } from './edit-ticket.ts'
import { registerMoveRoutes } from './move-routes.ts'
import type { TicketParts } from './parts.ts'
import { registerTicketRoutes } from './routes.ts'
import { createSetStatus } from './set-status.ts'
import { createSlaPolicies } from './sla-policies.ts'
import { registerSlaRoutes } from './sla-routes.ts'
import { createTicketReports } from './ticket-report.ts'
import { registerTicketReportRoutes } from './ticket-report-routes.ts'
import { createTicketSlas } from './ticket-sla.ts'
import { createTickets } from './tickets.ts'

type RegisterParts = TicketParts & {
  readonly answerOnce: AnswerOnce
  readonly createTicket: CreateTicket
}

/** Puts the use cases together and adds their routes. */
export function registerTickets(
  app: HttpServer,
  { answerOnce, createTicket, ...parts }: RegisterParts,
): void {
  registerTicketRoutes(app, {
    tickets: traceUseCases('tickets', createTickets(parts)),
    ...traceUseCases('tickets', { createTicket }),
    answerOnce,
  })
  registerMoveRoutes(app, {
    ...traceUseCases('tickets', {
      editTicket: createEditTicket(parts),
      setStatus: createSetStatus(parts),
    }),
    customerMoves: traceUseCases('tickets', createCustomerMoves(parts)),
    answerOnce,
  })
  registerTicketReportRoutes(app, {
    ticketReports: traceUseCases('tickets', createTicketReports(parts)),
  })
  registerSlaRoutes(app, {
    policies: traceUseCases('tickets', createSlaPolicies(parts)),
    calendar: traceUseCases('tickets', createBusinessCalendar(parts)),
    slas: traceUseCases('tickets', createTicketSlas(parts)),
    answerOnce,
  })
}
