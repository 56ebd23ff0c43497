import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { callOf } from '#platform/http/callers'
import type { AnswerOnce, Presentation } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { RefreshCookie } from './cookies.ts'
import type { Registration } from './registration.ts'
import {
  LoginBody,
  LogoutBody,
  RefreshBody,
  RegisterBody,
  SessionPage,
  SessionQuery,
  SignedIn,
} from './schemas.ts'
import type { Sessions } from './sessions.ts'
import type { Device, Grant, SignIn } from './sign-in.ts'

type Parts = {
  readonly registration: Registration
  readonly signIn: SignIn
  readonly sessions: Sessions
  readonly cookie: RefreshCookie
  readonly answerOnce: AnswerOnce
}

const BASE = '/api/v1/auth'
const tags = ['identity']

export function registerAuthRoutes(
  app: HttpServer,
  { registration, signIn, sessions, cookie, answerOnce }: Parts,
): void {
  app.post(
    `${BASE}/register`,
    {
      config: guessable,
      schema: {
        tags,
        summary: 'Register, and be signed in',
        body: RegisterBody,
        response: { 201: SignedIn },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) =>
          await registration.register(call, request.body, {
            device: deviceOf(request),
            anonymity: request.anonymity,
          }),
        present: (grant: Grant) => {
          if (request.body.token_delivery === 'body') return present(grant, 201, 'body')
          // Whoever registers somebody else keeps their own cookie.
          return present(grant, 201, request.actor === null ? 'cookie' : 'nowhere')
        },
      }),
  )
  app.post(
    `${BASE}/login`,
    {
      config: guessable,
      schema: { tags, summary: 'Sign in with a password', body: LoginBody, response: { 200: SignedIn } },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await signIn(call, request.body, deviceOf(request)),
        present: (grant: Grant) => present(grant, 200, request.body.token_delivery ?? 'cookie'),
      }),
  )
  app.post(
    `${BASE}/refresh`,
    {
      config: guessable,
      schema: {
        tags,
        summary: 'Exchange a refresh token for its successor and a new access token',
        body: RefreshBody,
        response: { 200: SignedIn },
      },
    },
    async (request, reply) => {
      const { inBody, credential } = refreshTokenOf(request)
      return await answerOnce({
        request,
        reply,
        credential,
        work: async (call) => await sessions.refresh(call, inBody ?? credential),
        // The successor goes where its predecessor came from.
        present: (grant: Grant) => present(grant, 200, inBody === undefined ? 'cookie' : 'body'),
      })
    },
  )
  app.post(
    `${BASE}/logout`,
    { config: { public: true }, schema: { tags, summary: 'End the session of the token', body: LogoutBody } },
    async (request, reply) => {
      const { inBody, credential } = refreshTokenOf(request)
      return await answerOnce<void>({
        request,
        reply,
        credential,
        work: async (call) => await sessions.signOut(call, inBody ?? credential),
        present: () => ({ status: 204, headers: { 'set-cookie': cookie.clear() } }),
      })
    },
  )
  app.get(
    `${BASE}/sessions`,
    {
      config: { permission: 'sessions:read' },
      schema: {
        tags,
        summary: 'List your sessions',
        querystring: SessionQuery,
        response: { 200: SessionPage },
      },
    },
    async (request) => await sessions.listSessions(callOf(request), request.query),
  )
  app.delete(
    `${BASE}/sessions/:id`,
    {
      config: { permission: 'sessions:write' },
      schema: { tags, summary: 'End one of your sessions', params: IdParams },
    },
    async (request, reply) => {
      await sessions.endSession(callOf(request), request.params.id)
      return await reply.code(204).send()
    },
  )

  /** A cookie stands for a token in the body, and says who calls. */
  function refreshTokenOf({ body, cookies }: FastifyRequest<{ Body: Static<typeof LogoutBody> }>) {
    const inBody = body?.refresh_token
    return { inBody, credential: inBody === undefined ? cookies[cookie.name] : undefined }
  }

  function present({ answer, refreshToken }: Grant, status: number, delivery: Delivery): Presentation {
    const headers = { 'cache-control': 'no-store' }
    switch (delivery) {
      case 'body':
        return { status, body: { ...answer, refresh_token: refreshToken }, headers }
      case 'cookie':
        return { status, body: answer, headers: { ...headers, 'set-cookie': cookie.keep(refreshToken) } }
      case 'nowhere':
        return { status, body: answer, headers }
    }
  }
}

/** Where the refresh token goes. */
type Delivery = 'body' | 'cookie' | 'nowhere'

/** Public, and counted by address and by the account or token that the body names (F17). */
const guessable = {
  public: true,
  guessing: {
    account: (body: unknown) => {
      if (typeof body !== 'object' || body === null) return null
      const named = ['email', 'username', 'refresh_token'].map((field): unknown => Reflect.get(body, field))
      return named.find((value) => typeof value === 'string') ?? null
    },
  },
} as const

function deviceOf(request: FastifyRequest): Device {
  return { address: request.ip, userAgent: request.headers['user-agent'] ?? '' }
}
