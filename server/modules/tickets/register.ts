import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { createCreateTicket } from './create-ticket.ts'
import type { TicketParts } from './parts.ts'
import { registerTicketRoutes } from './routes.ts'
import { createTickets } from './tickets.ts'

type RegisterParts = TicketParts & { readonly answerOnce: AnswerOnce }

/** Puts the use cases together and adds their routes. */
export function registerTickets(app: HttpServer, { answerOnce, ...parts }: RegisterParts): void {
  registerTicketRoutes(app, {
    tickets: traceUseCases('tickets', createTickets(parts)),
    ...traceUseCases('tickets', { createTicket: createCreateTicket(parts) }),
    answerOnce,
  })
}
