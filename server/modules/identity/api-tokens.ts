import { actorOf, type Call, may } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { type Access, API_TOKEN_PREFIX, hashApiToken } from './access.ts'
import { deleteApiToken, insertApiToken, listApiTokens, lockApiToken } from './api-token-queries.ts'
import { fieldTexts, refuse } from './errors.ts'
import { apiTokenEvent } from './events.ts'
import type { IdentityParts } from './parts.ts'
import type { ApiToken, ApiTokenBody, ApiTokenQuery, NewApiToken } from './schemas.ts'
import { toApiToken } from './views.ts'

type ApiTokenParts = IdentityParts & { readonly access: Access }

export type ApiTokens = ReturnType<typeof createApiTokens>

/** Tokens for machines (I6): shown once, kept as a hash, never more than their maker may do. */
export function createApiTokens({ db, clock, ids, outbox, access }: ApiTokenParts) {
  return {
    async createApiToken(call: Call<NewApiToken>, body: ApiTokenBody): Promise<NewApiToken> {
      const { userId } = actorOf(call)
      const notHeld = body.permissions.filter((permission) => !may(call, permission))
      if (notHeld.length > 0) throw refuse('permission_not_held', { details: { permissions: notHeld } })
      const now = clock.now()
      const expiresAt = typeof body.expires_at === 'string' ? new Date(body.expires_at) : null
      if (expiresAt !== null && !(expiresAt > now)) {
        throw invalidField({ pointer: '/expires_at', code: 'past', text: fieldTexts.past })
      }
      const token = `${API_TOKEN_PREFIX}${ids.secret(32)}`
      return await transaction(db, call, async (trx) => {
        const described: ApiToken = {
          id: ids.next(),
          name: body.name.trim(),
          permissions: [...new Set(body.permissions)],
          expires_at: expiresAt?.toISOString() ?? null,
          last_used_at: null,
          created_at: now.toISOString(),
        }
        await insertApiToken(trx, {
          id: described.id,
          user_id: userId,
          name: described.name,
          token_hash: hashApiToken(token),
          permissions: described.permissions,
          expires_at: expiresAt,
          last_used_at: null,
          created_at: now,
        })
        await outbox.append(trx, call, apiTokenEvent('created', userId, described))
        return { ...described, token }
      })
    },

    async listApiTokens(call: Call, query: ApiTokenQuery) {
      const page = await listApiTokens(db, { userId: actorOf(call).userId, request: toPageRequest(query) })
      return presentPage(page, toApiToken)
    },

    async deleteApiToken(call: Call<void>, id: string): Promise<void> {
      const { userId } = actorOf(call)
      let hash = ''
      await transaction(db, call, async (trx) => {
        const row = await lockApiToken(trx, id)
        if (row === undefined || row.user_id !== userId) throw refuse('api_token_not_found')
        await deleteApiToken(trx, id)
        await outbox.append(trx, call, apiTokenEvent('deleted', userId, toApiToken(row)))
        hash = row.token_hash
      })
      await access.forget(hash)
    },
  }
}
