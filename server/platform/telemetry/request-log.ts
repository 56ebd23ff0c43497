import type { FastifyRequest } from 'fastify'
import type { HttpServer } from '../http/types.ts'
import type { Log } from './log.ts'
import { onRequestEnd } from './request-end.ts'

type RequestLogOptions = {
  readonly log: Log
  /** Who asked, once that is known. */
  readonly userOf: (request: FastifyRequest) => string | null
  /** The patterns of routes that machines ask all the time; their lines are written at the level `debug`. */
  readonly quiet?: readonly string[]
}

/** Writes one line for each request, aborted ones included (F13). */
export function registerRequestLog(app: HttpServer, { log, userOf, quiet = [] }: RequestLogOptions): void {
  const quietRoutes = new Set(quiet)
  onRequestEnd(app, ({ request, route, status, durationMs, aborted }) => {
    const level = quietRoutes.has(route) ? 'debug' : status >= 500 ? 'error' : 'info'
    log[level](
      {
        request_id: request.id,
        user_id: userOf(request),
        method: request.method,
        route,
        status,
        duration_ms: Math.round(durationMs * 1_000) / 1_000,
        ...(aborted ? { aborted } : {}),
      },
      'request',
    )
  })
}
