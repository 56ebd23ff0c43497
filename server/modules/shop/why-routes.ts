import { callOf } from '#platform/http/callers'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { ExplainWait } from './why.ts'
import { Why } from './why-schemas.ts'

export function registerWhyRoutes(app: HttpServer, { explainWait }: { readonly explainWait: ExplainWait }) {
  app.get(
    '/api/v1/transactions/:id/why',
    {
      config: { permission: 'transactions:read' },
      schema: {
        tags: ['shop'],
        summary: 'Why an order waits: payment, units and the work orders that make them',
        params: IdParams,
        response: { 200: Why },
      },
    },
    async (request, reply) => {
      // It is made of several records and of who asks, so that nobody may keep it.
      reply.header('cache-control', 'private, no-store').header('vary', 'accept-language')
      return await explainWait(callOf(request), request.params.id)
    },
  )
}
