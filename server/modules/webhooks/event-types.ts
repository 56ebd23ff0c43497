import { defineEventTypes } from '#platform/events/event-types'
import { Webhook } from './schemas.ts'

/** The shape of what the module announces, to those who may see the webhooks. */
export const webhookEventTypes = defineEventTypes({
  types: ['webhook.created', 'webhook.updated', 'webhook.disabled', 'webhook.deleted'],
  data: Webhook,
  audience: () => ({ permission: 'webhooks:read' }),
})
