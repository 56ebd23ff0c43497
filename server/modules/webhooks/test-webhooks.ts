import { createHmac } from 'node:crypto'
import type { Backend } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type Recorded, startHttpSink } from '#tests/http-sink'
import { PASSWORD, startTestApp } from '#tests/test-app'
import type { NewWebhook, Webhook, WebhookDelivery } from './schemas.ts'
import type { WebhookTables } from './table.ts'

export const BASE = '/api/v1/webhooks'

type Options = { readonly environment?: Readonly<Record<string, string>> }

/** A server whose webhooks may lead to the sink of the test, and one administrator who always has a good token. */
export async function startTestWebhooks(
  backend: Backend,
  { environment = { WEBHOOKS_ALLOW_PRIVATE: 'true' } }: Options = {},
) {
  const app = await startTestApp(backend, { environment })
  const sink = await startHttpSink()
  let { token } = app.administrator
  let categories = 0

  async function ask(method: string, url: string, body?: unknown, headers?: Record<string, string>) {
    return await app.ask(method, url, {
      token,
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
    })
  }

  async function add(change: Record<string, unknown> = {}): Promise<NewWebhook> {
    const body = { url: `${sink.url}/hook`, event_types: ['category.*'], ...change }
    const answer = await ask('POST', BASE, body)
    if (answer.status !== 201) throw new Error(`could not make a webhook: ${answer.text}`)
    return answer.body
  }

  async function listDeliveries(webhook: Pick<Webhook, 'id'>, query = ''): Promise<WebhookDelivery[]> {
    const answer = await ask('GET', `${BASE}/${webhook.id}/deliveries${query}`)
    if (answer.status !== 200) throw new Error(`could not list the deliveries: ${answer.text}`)
    return answer.body.data
  }

  return {
    ...app,
    db: app.db.withTables<WebhookTables>(),
    sink,
    /** As the administrator. */
    as: ask,
    add,
    deliveries: listDeliveries,
    readWebhook: async (id: string): Promise<Webhook> => (await ask('GET', `${BASE}/${id}`)).body,

    /** Leaves one event, `category.created`, and answers the category. */
    async change(): Promise<{ readonly id: string; readonly name: string }> {
      categories += 1
      const answer = await ask('POST', '/api/v1/categories', { name: `Category ${categories}` })
      if (answer.status !== 201) throw new Error(`could not make a category: ${answer.text}`)
      return answer.body
    },

    /** Moves the clock, beyond the life of every token. */
    async advance(ms: number): Promise<void> {
      app.clock.advance(ms)
      const { email } = app.administrator
      const answer = await app.ask('POST', '/api/v1/auth/login', { body: { email, password: PASSWORD } })
      token = answer.body.access_token
    },

    /** Waits until the webhook's deliveries, newest first, are in these states. */
    async untilStates(webhook: Pick<Webhook, 'id'>, ...states: string[]): Promise<WebhookDelivery[]> {
      return await eventually(
        async () => await listDeliveries(webhook),
        (found) => found.map(({ state }) => state).join() === states.join(),
      )
    },

    /** Waits until the newest delivery has been tried so often. */
    async untilAttempts(webhook: Pick<Webhook, 'id'>, attempts: number): Promise<WebhookDelivery> {
      const [newest] = await eventually(
        async () => await listDeliveries(webhook),
        ([first]) => first?.attempts === attempts,
      )
      if (newest === undefined) throw new Error('there is no delivery')
      return newest
    },

    async untilReceived(count: number): Promise<readonly Recorded[]> {
      return await eventually(
        async () => sink.received,
        ({ length }) => length >= count,
      )
    },

    async stop() {
      await app.stop()
      await sink.stop()
    },
  }
}

export type TestWebhooks = Awaited<ReturnType<typeof startTestWebhooks>>

/** The signature as a receiver makes it for itself, by the specification of Standard Webhooks. */
export function expectedSignature(secret: string, { headers, body }: Recorded): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const hmac = createHmac('sha256', key)
  hmac.update(String(headers['webhook-id'])).update('.')
  hmac.update(String(headers['webhook-timestamp'])).update('.')
  return `v1,${hmac.update(body).digest('base64')}`
}
