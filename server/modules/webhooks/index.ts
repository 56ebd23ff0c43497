export { createWebhooks } from './create-webhooks.ts'
export type { WebhookTables } from './table.ts'
