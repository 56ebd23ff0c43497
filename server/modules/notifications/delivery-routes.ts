import type { AnswerOnce } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { Deliveries } from './deliveries.ts'
import { Delivery, DeliveryPage, DeliveryQuery } from './schemas.ts'

type Parts = { readonly deliveries: Deliveries; readonly answerOnce: AnswerOnce }

const BASE = '/api/v1/deliveries'
const tags = ['events']

export function registerDeliveryRoutes(app: HttpServer, { deliveries, answerOnce }: Parts): void {
  app.get(
    BASE,
    {
      config: { permission: 'events:read' },
      schema: {
        tags,
        summary: 'List what goes out to customers, newest first',
        querystring: DeliveryQuery,
        response: { 200: DeliveryPage },
      },
    },
    async (request) => await deliveries.listDeliveries(request.query),
  )
  app.post(
    `${BASE}/:id/retry`,
    {
      config: { permission: 'events:write' },
      schema: {
        tags,
        summary: 'Try a failed delivery again',
        params: IdParams,
        response: { 200: Delivery },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await deliveries.retryDelivery(call, request.params.id),
        present: (body: Delivery) => ({ status: 200, body }),
      }),
  )
}
