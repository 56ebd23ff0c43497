import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { TicketCatalogues, TicketSync } from './invgate-schemas.ts'
import type { InvgateSync } from './invgate-sync.ts'
import { Ticket, TicketParams } from './schemas.ts'

type Parts = { readonly invgateSync: InvgateSync; readonly answerOnce: AnswerOnce }

const BASE = '/api/v1/tickets'
const tags = ['tickets']

export function registerInvgateRoutes(app: HttpServer, { invgateSync, answerOnce }: Parts): void {
  app.get(
    `${BASE}/catalogues`,
    {
      config: { permission: 'tickets:read' },
      schema: {
        tags,
        summary: 'Read what the ids of a ticket mean',
        response: { 200: TicketCatalogues },
      },
    },
    async () => await invgateSync.readCatalogues(),
  )
  app.get(
    `${BASE}/sync`,
    {
      config: { permission: 'tickets:read_any' },
      schema: {
        tags,
        summary: 'See how the bridge to InvGate is doing',
        response: { 200: TicketSync },
      },
    },
    async () => await invgateSync.readSync(),
  )
  app.post(
    `${BASE}/:id/sync/retry`,
    {
      config: { permission: 'tickets:write_any' },
      schema: {
        tags,
        summary: 'Have a ticket told InvGate again',
        params: TicketParams,
        response: { 200: Ticket },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await invgateSync.retrySync(call, request.params.id),
        present: (ticket: Ticket) => ({ status: 200, body: ticket }),
      }),
  )
}
