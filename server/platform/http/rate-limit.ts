import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { KeyValue } from '../cache/key-value.ts'
import { fold } from '../database/search.ts'
import { defineErrors } from '../errors.ts'
import { networkOf } from '../network.ts'
import type { HttpServer } from './types.ts'

export type RateLimit = { readonly max: number; readonly windowMs: number }

type RateLimits = {
  readonly keyValue: KeyValue
  /** For each caller: a user, or an address without a token. Null switches it off. */
  readonly general: RateLimit | null
  /** For each address and each account where passwords and tokens may be guessed. */
  readonly guessing: RateLimit | null
}

const refuse = defineErrors({
  too_many_requests: {
    kind: 'too_many',
    en: 'Too many requests. Try again in {seconds} seconds.',
    id: 'Terlalu banyak permintaan. Coba lagi dalam {seconds} detik.',
  },
})

/** Counts requests in fixed windows (F17). The counts are shared where the cache is, else each process has its own. */
export function limitRates(app: HttpServer, { keyValue, general, guessing }: RateLimits) {
  async function count(reply: FastifyReply, key: string, { max, windowMs }: RateLimit) {
    const { count: used, resetsInMs } = await keyValue.increment(`rate:${key}`, { windowMs })
    const seconds = Math.max(1, Math.ceil(resetsInMs / 1_000))
    reply.headers({
      'ratelimit-limit': max,
      'ratelimit-remaining': Math.max(0, max - used),
      'ratelimit-reset': seconds,
    })
    if (used > max) throw refuse('too_many_requests', { details: { seconds }, retryAfterSeconds: seconds })
  }

  app.addHook('onRequest', async (request, reply) => {
    if (isForMachines(request.routeOptions.url)) return
    const address = networkOf(request.ip)
    if (request.routeOptions.config.guessing !== undefined) {
      if (guessing !== null) await count(reply, `guess:${address}`, guessing)
    } else if (general !== null) {
      await count(reply, `call:${request.actor?.userId ?? address}`, general)
    }
  })

  if (guessing === null) return
  app.addHook('preHandler', async (request: FastifyRequest, reply) => {
    const account = request.routeOptions.config.guessing?.account(request.body) ?? null
    if (account === null) return
    const digest = createHash('sha256').update(fold(account, 500)).digest('base64url')
    await count(reply, `account:${digest}`, guessing)
  })
}

/** Who watches the server asks all the time, and must hear from it most when it is busy. */
function isForMachines(url: string | undefined): boolean {
  return url !== undefined && (url === '/metrics' || url.startsWith('/health/'))
}
