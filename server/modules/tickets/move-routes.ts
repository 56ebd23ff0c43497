import { callOf } from '#platform/http/callers'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import type { CustomerMoves } from './customer-moves.ts'
import type { EditTicket } from './edit-ticket.ts'
import { AcceptBody, CancelBody, ReopenBody, StatusBody, TicketChange } from './move-schemas.ts'
import { Ticket, TicketParams } from './schemas.ts'
import type { SetStatus } from './set-status.ts'

type Parts = {
  readonly editTicket: EditTicket
  readonly setStatus: SetStatus
  readonly customerMoves: CustomerMoves
  readonly answerOnce: AnswerOnce
}

const BASE = '/api/v1/tickets/:id'
const tags = ['tickets']
const desk = { permission: 'tickets:write_any' } as const
const customers = { permission: 'tickets:create' } as const
const shape = { params: TicketParams, response: { 200: Ticket } }
const present = (ticket: Ticket) => ({ status: 200, body: ticket })

/** What is done with a ticket once it is open. */
export function registerMoveRoutes(app: HttpServer, parts: Parts): void {
  const { editTicket, setStatus, customerMoves, answerOnce } = parts
  app.patch(
    BASE,
    {
      config: desk,
      schema: { tags, summary: 'Assign a ticket, or change what it is about', body: TicketChange, ...shape },
    },
    async (request) => await editTicket(callOf(request), request.params.id, request.body),
  )
  app.put(
    `${BASE}/status`,
    { config: desk, schema: { tags, summary: 'Move a ticket on', body: StatusBody, ...shape } },
    async (request) => await setStatus(callOf(request), request.params.id, request.body),
  )
  app.post(
    `${BASE}/accept`,
    {
      config: customers,
      schema: {
        tags,
        summary: 'Accept the solution of your ticket, and rate it',
        body: AcceptBody,
        ...shape,
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await customerMoves.acceptSolution(call, request.params.id, request.body),
        present,
      }),
  )
  app.post(
    `${BASE}/reopen`,
    {
      config: customers,
      schema: { tags, summary: 'Say that the solution of a ticket is none', body: ReopenBody, ...shape },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await customerMoves.reopenTicket(call, request.params.id, request.body),
        present,
      }),
  )
  app.post(
    `${BASE}/cancel`,
    { config: customers, schema: { tags, summary: 'Take a ticket back', body: CancelBody, ...shape } },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await customerMoves.cancelTicket(call, request.params.id, request.body),
        present,
      }),
  )
}
