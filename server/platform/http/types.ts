import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { Actor } from '../call.ts'
import type { Language } from '../language.ts'

/** A Fastify instance whose handlers get the types of their route's schemas. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

// Fastify's types are extended by merging, which only an interface can do.
/* oxlint-disable typescript/consistent-type-definitions */
declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the caller must be allowed to do; every route has this or `public`. */
    permission?: string
    public?: true
    /** Counts against `RATE_LIMIT_AUTH` by address, and by this account where the body names one. */
    guessing?: { account: (body: unknown) => string | null }
  }
  interface FastifyRequest {
    actor: Actor | null
    /** Why there is no actor, where there is none. */
    anonymity: 'missing_authorization' | 'invalid_token'
    language: Language
  }
}
