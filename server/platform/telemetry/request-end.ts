import type { FastifyRequest } from 'fastify'
import type { HttpServer } from '../http/types.ts'

type EndedRequest = {
  readonly request: FastifyRequest
  /** The route's pattern, never the URL: what a caller makes up must not become a label or a name. */
  readonly route: string
  /** What was answered; 499, as nginx has it, when the caller left before there was an answer. */
  readonly status: number
  readonly durationMs: number
  /** The caller left before the whole answer was there. */
  readonly aborted: boolean
}

const CALLER_LEFT = 499

/**
 * Tells of every request once, when it is over. It listens to the response itself, because `onResponse` of
 * Fastify says nothing of an aborted request, and `onRequestAbort` nothing of one whose body had been read.
 */
export function onRequestEnd(app: HttpServer, observe: (ended: EndedRequest) => void): void {
  app.addHook('onRequest', (request, reply, done) => {
    const startedAt = performance.now()
    reply.raw.once('close', () => {
      const { headersSent, writableEnded } = reply.raw
      observe({
        request,
        route: routeOf(request),
        status: headersSent ? reply.raw.statusCode : CALLER_LEFT,
        durationMs: performance.now() - startedAt,
        aborted: !writableEnded,
      })
    })
    done()
  })
}

export function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unmatched'
}
