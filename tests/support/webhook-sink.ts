import type { Client } from './client.ts'

export type WebhookSink = {
  readonly environment: Readonly<Record<string, string>>
  readonly close: () => Promise<void>
}

export async function startWebhookSink(): Promise<WebhookSink> {
  return { environment: {}, close: async () => {} }
}

export async function addWebhook(_client: Client, _token: string, _sink: WebhookSink): Promise<void> {}
