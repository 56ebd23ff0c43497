import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Copy } from '../cache/copy.ts'
import { isKnownToClient, tagOf } from './etag.ts'

type Sending = {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly copy: Copy
  /** Whether it was there before somebody asked. */
  readonly isHit: boolean
}

/** Sends bytes of JSON as they are, with the tag of their record where they are one; 304 to who has them (C7). */
export function sendCopy({ request, reply, copy, isHit }: Sending): FastifyReply {
  const { bytes, version } = copy
  reply.header('x-cache', isHit ? 'hit' : 'miss')
  if (version > 0) {
    const tag = tagOf(version)
    reply.header('etag', tag)
    if (isKnownToClient(request, tag)) return reply.code(304).send()
  }
  return reply.type('application/json; charset=utf-8').send(bytes)
}
