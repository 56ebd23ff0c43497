import { callOf } from '#platform/http/callers'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import type { CreateTicket } from './create-ticket.ts'
import { requireWords } from './required-words.ts'
import { Ticket, TicketBody, TicketPage, TicketParams, TicketQuery } from './schemas.ts'
import type { Tickets } from './tickets.ts'

type Parts = {
  readonly tickets: Tickets
  readonly createTicket: CreateTicket
  readonly answerOnce: AnswerOnce
}

const BASE = '/api/v1/tickets'
const tags = ['tickets']
const readers = { permission: 'tickets:read' } as const

export function registerTicketRoutes(app: HttpServer, { tickets, createTicket, answerOnce }: Parts): void {
  app.post(
    BASE,
    {
      config: { permission: 'tickets:create' },
      attachValidation: true,
      preHandler: requireWords,
      schema: { tags, summary: 'Open a ticket', body: TicketBody, response: { 201: Ticket } },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await createTicket(call, request.body),
        present: (ticket: Ticket) => created(BASE, ticket),
      }),
  )
  app.get(
    BASE,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List tickets: your own and those you watch, or all for the desk',
        querystring: TicketQuery,
        response: { 200: TicketPage },
      },
    },
    async (request) => await tickets.listTickets(callOf(request), request.query),
  )
  app.get(
    `${BASE}/:id`,
    {
      config: readers,
      schema: { tags, summary: 'Read a ticket', params: TicketParams, response: { 200: Ticket } },
    },
    async (request) => await tickets.getTicket(callOf(request), request.params.id),
  )
}
