import type { Transaction } from 'kysely'
import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { stopDeliveries } from './delivery-queries.ts'
import { refuse, refuseField } from './errors.ts'
import { webhookEvent } from './events.ts'
import { RESUME_TIMER, type WebhookParts } from './parts.ts'
import { isNeverSent } from './rules.ts'
import type { NewWebhook, Webhook, WebhookBody, WebhookChange, WebhookQuery } from './schemas.ts'
import { isSecret, newSecret } from './secrets.ts'
import type { WebhookTables } from './table.ts'
import { readUrl, type UrlRules } from './url.ts'
import { toWebhook } from './views.ts'
import {
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  lockWebhook,
  updateWebhook,
  type WebhookRow,
} from './webhook-queries.ts'

type Parts = WebhookParts & { readonly urlRules: UrlRules }

export type Webhooks = ReturnType<typeof createWebhookUseCases>

/** The addresses that events are sent to. They outlive whoever made them: they are the company's. */
export function createWebhookUseCases({ db, clock, ids, outbox, timers, sealing, urlRules }: Parts) {
  return {
    async createWebhook(call: Call<NewWebhook>, body: WebhookBody): Promise<NewWebhook> {
      const { secret = newSecret() } = body
      if (!isSecret(secret)) throw refuseField('/secret', 'invalid_secret')
      const url = readUrl(body.url, urlRules)
      const eventTypes = readEventTypes(body.event_types)
      return await transaction(db, call, async (trx) => {
        const id = ids.next()
        const now = clock.now()
        const row: WebhookRow = {
          id,
          url,
          event_types: eventTypes,
          description: body.description ?? null,
          sealed_secret: sealing.seal(id, secret),
          disabled_at: null,
          disabled_reason: null,
          failing_since_at: null,
          paused_until_at: null,
          version: 1,
          created_at: now,
          updated_at: now,
        }
        await insertWebhook(trx, row)
        await outbox.append(trx, call, webhookEvent('created', row))
        return { ...toWebhook(row), secret }
      })
    },

    async listWebhooks(query: WebhookQuery) {
      return presentPage(await listWebhooks(db, toPageRequest(query)), toWebhook)
    },

    async getWebhook(id: string): Promise<Webhook> {
      const row = await findWebhook(db, id)
      if (row === undefined) throw refuse('webhook_not_found')
      return toWebhook(row)
    },

    async changeWebhook(call: Call<Webhook>, id: string, change: WebhookChange): Promise<Webhook> {
      const { enabled } = change
      const named = readChange(change, urlRules)
      return await transaction(db, call, async (trx) => {
        const row = await getLocked(trx, id)
        checkVersion(call, row)
        const now = clock.now()
        const isEnabled = row.disabled_at === null
        const changed: WebhookRow = {
          ...row,
          ...named,
          ...(enabled === false && isEnabled ? { disabled_at: now, disabled_reason: 'by_request' } : {}),
          ...(enabled === true ? { disabled_at: null, disabled_reason: null, ...NEVER_FAILED } : {}),
          version: row.version + 1,
          updated_at: now,
        }
        await updateWebhook(trx, id, changed)
        if (enabled === false) await stopDeliveries(trx, id)
        if (enabled === true) await timers.schedule(trx, { kind: RESUME_TIMER, subject: id, dueAt: now })
        await outbox.append(trx, call, webhookEvent('updated', changed))
        return toWebhook(changed)
      })
    },

    /** What was to be sent finds no receiver any more; the clean-up removes it. */
    async deleteWebhook(call: Call<void>, id: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const row = await getLocked(trx, id)
        checkVersion(call, row)
        await deleteWebhook(trx, id)
        const last = { ...row, version: row.version + 1, updated_at: clock.now() }
        await outbox.append(trx, call, webhookEvent('deleted', last))
      })
    },
  }
}

const NEVER_FAILED = { failing_since_at: null, paused_until_at: null } as const

async function getLocked(trx: Transaction<WebhookTables>, id: string): Promise<WebhookRow> {
  const row = await lockWebhook(trx, id)
  if (row === undefined) throw refuse('webhook_not_found')
  return row
}

/** Another address has not failed yet. */
function readChange(change: WebhookChange, urlRules: UrlRules): Partial<WebhookRow> {
  const { url, event_types: types, description } = change
  return {
    ...(url === undefined ? {} : { url: readUrl(url, urlRules), ...NEVER_FAILED }),
    ...(types === undefined ? {} : { event_types: readEventTypes(types) }),
    ...(description === undefined ? {} : { description }),
  }
}

function readEventTypes(types: readonly string[]): string[] {
  const never = types.findIndex(isNeverSent)
  if (never >= 0) throw refuseField(`/event_types/${never}`, 'never_sent')
  return [...new Set(types)]
}
