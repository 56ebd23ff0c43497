import { callOf } from '#platform/http/callers'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { WebhookDeliveries } from './deliveries.ts'
import {
  DeliveryParams,
  NewWebhook,
  Webhook,
  WebhookBody,
  WebhookChange,
  WebhookDelivery,
  WebhookDeliveryPage,
  WebhookDeliveryQuery,
  WebhookPage,
  WebhookQuery,
} from './schemas.ts'
import type { Webhooks } from './webhooks.ts'

type Parts = {
  readonly webhooks: Webhooks
  readonly deliveries: WebhookDeliveries
  readonly answerOnce: AnswerOnce
}

const BASE = '/api/v1/webhooks'
const tags = ['webhooks']
const readers = { permission: 'webhooks:read' } as const
const writers = { permission: 'webhooks:write' } as const

export function registerWebhookRoutes(app: HttpServer, { webhooks, deliveries, answerOnce }: Parts): void {
  app.get(
    BASE,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List the webhooks, newest first',
        querystring: WebhookQuery,
        response: { 200: WebhookPage },
      },
    },
    async (request) => await webhooks.listWebhooks(request.query),
  )
  app.get(
    `${BASE}/:id`,
    {
      config: readers,
      schema: { tags, summary: 'Read a webhook', params: IdParams, response: { 200: Webhook } },
    },
    async (request) => await webhooks.getWebhook(request.params.id),
  )
  app.post(
    BASE,
    {
      config: writers,
      schema: {
        tags,
        summary: 'Have events sent to an address',
        description: 'Signed as Standard Webhooks has it, at least once, in no promised order.',
        body: WebhookBody,
        response: { 201: NewWebhook },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await webhooks.createWebhook(call, request.body),
        present: (webhook: NewWebhook) => created(BASE, webhook),
      }),
  )
  app.patch(
    `${BASE}/:id`,
    {
      config: writers,
      schema: {
        tags,
        summary: 'Change, disable or enable a webhook',
        params: IdParams,
        body: WebhookChange,
        response: { 200: Webhook },
      },
    },
    async (request) => await webhooks.changeWebhook(callOf(request), request.params.id, request.body),
  )
  app.delete(
    `${BASE}/:id`,
    { config: writers, schema: { tags, summary: 'Remove a webhook', params: IdParams } },
    async (request, reply) => {
      await webhooks.deleteWebhook(callOf(request), request.params.id)
      return await reply.code(204).send()
    },
  )
  app.get(
    `${BASE}/:id/deliveries`,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List what was or is to be sent to a webhook, newest first; kept for 30 days',
        params: IdParams,
        querystring: WebhookDeliveryQuery,
        response: { 200: WebhookDeliveryPage },
      },
    },
    async (request) => await deliveries.listDeliveries(request.params.id, request.query),
  )
  app.post(
    `${BASE}/:id/deliveries/:delivery_id/redeliver`,
    {
      config: writers,
      schema: {
        tags,
        summary: 'Send the same event again',
        params: DeliveryParams,
        response: { 200: WebhookDelivery },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) =>
          await deliveries.redeliver(call, {
            webhookId: request.params.id,
            deliveryId: request.params.delivery_id,
          }),
        present: (body: WebhookDelivery) => ({ status: 200, body }),
      }),
  )
}
