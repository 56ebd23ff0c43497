export { createWebhooks } from './create-webhooks.ts'
export { webhookEventTypes } from './event-types.ts'
export type { WebhookTables } from './table.ts'
