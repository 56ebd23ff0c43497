import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpServer } from './types.ts'

/** A record's entity tag is its version; a list has none (C7). */
export function entityTagOf(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('version' in body)) return null
  return typeof body.version === 'number' ? tagOf(body.version) : null
}

export function tagOf(version: number): string {
  return `"${version}"`
}

export function tagRecords(app: HttpServer) {
  app.addHook('preSerialization', async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
    const tag = entityTagOf(payload)
    if (tag === null) return payload
    reply.header('etag', tag)
    if (!isKnownToClient(request, tag)) return payload
    reply.code(304)
    return null
  })
}

/** Whether a reader has this version already, by its own word. */
export function isKnownToClient({ method, headers }: FastifyRequest, tag: string): boolean {
  return (method === 'GET' || method === 'HEAD') && matches(headers['if-none-match'], tag)
}

/** RFC 9110 §13.1.2: the comparison is weak. */
function matches(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((candidate) => {
    const known = candidate.trim().replace(/^W\//, '')
    return known === tag || known === '*'
  })
}
