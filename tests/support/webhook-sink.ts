import type { Client } from './client.ts'
import { startHttpSink } from './http-sink.ts'

export type WebhookSink = {
  /** What lets a server send to the sink. */
  readonly environment: Readonly<Record<string, string>>
  readonly url: string
  /** The ids of the events that have arrived, as often as they have. */
  readonly eventIds: () => readonly string[]
  readonly close: () => Promise<void>
}

/** A receiver in this process that takes everything. */
export async function startWebhookSink(): Promise<WebhookSink> {
  const sink = await startHttpSink()
  return {
    environment: { WEBHOOKS_ALLOW_PRIVATE: 'true' },
    url: `${sink.url}/hook`,
    eventIds: () => sink.received.map(({ headers }) => String(headers['webhook-id'])),
    close: sink.stop,
  }
}

/** Has every event sent to the sink. */
export async function addWebhook(client: Client, token: string, { url }: WebhookSink): Promise<void> {
  const question = { method: 'POST', token, body: { url, event_types: ['*'] } }
  const { status, text } = await client.ask('/api/v1/webhooks', question)
  if (status !== 201) throw new Error(`could not make a webhook: ${text}`)
}
