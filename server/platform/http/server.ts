import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import fastify, {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { v4 } from 'uuid'
import { type Language, preferredLanguage } from '../language.ts'
import type { Log } from '../telemetry/log.ts'
import { type Aliases, createRewrite } from './aliases.ts'
import { type Authenticate, guardRoutes, recogniseCallers } from './callers.ts'
import { tagRecords } from './etag.ts'
import { describeRoutes } from './openapi.ts'
import { createProblem, refusalOf, refuseRequest } from './problem.ts'
import type { HttpServer } from './types.ts'
import { refuseBrokenText, ValidationError, validatorCompiler } from './validation.ts'

const BODY_LIMIT = 1024 * 1024
/** For an answer that helmet does not see. */
const BARE_SECURITY = {
  'content-security-policy': "default-src 'none'",
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
}
const SANE_REQUEST_ID = /^[\w.:/-]{1,128}$/

export type HttpOptions = {
  readonly log: Log
  readonly version: string
  readonly aliases: Aliases
  readonly authenticate: Authenticate
  readonly defaultLanguage: Language
  readonly corsOrigins: readonly string[]
  readonly trustProxy: boolean | number | string[]
  /** True from the signal to stop on: every answer then asks the client to close its connection. */
  readonly isDraining: () => boolean
  /** Hooks that must see a request before anything may refuse it. */
  readonly observe: (app: HttpServer) => void
  /** Hooks that may refuse a request once it is known who asks. */
  readonly limit: (app: HttpServer) => void
}

/** Fastify made ready for the modules' routes: everything that is the same for all of them. */
export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { log, version, defaultLanguage } = options
  const rewrite = createRewrite(options.aliases)
  // As what Fastify knows of a log, so that its own types do not spread to every route.
  const loggerInstance: FastifyBaseLogger = log
  const app: HttpServer = fastify({
    loggerInstance,
    // Our own log line replaces Fastify's two.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    trustProxy: trustedHops(options.trustProxy),
    bodyLimit: BODY_LIMIT,
    // A client that sends its request drop by drop must not hold a connection for ever.
    requestTimeout: 60_000,
    keepAliveTimeout: 75_000,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    requestIdHeader: false,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id']
      return typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : v4()
    },
    rewriteUrl: ({ url = '/' }) => rewrite(url),
    // A URL that cannot be read reaches no hook, so what the hooks do for others is done here.
    frameworkErrors: (error, request, reply) => {
      request.language = preferredLanguage(request.headers['accept-language'], defaultLanguage)
      answerError(error, request, reply.header('x-request-id', request.id).headers(BARE_SECURITY))
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
  })
  app.setValidatorCompiler(validatorCompiler)

  function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const refusal = error instanceof ValidationError ? error.refusal : refusalOf(error)
    if (refusal === null) request.log.error({ err: error }, 'an unexpected error')
    else if (refusal.cause !== undefined) request.log.warn({ err: refusal.cause }, refusal.message)
    const problem = createProblem(refusal, {
      language: request.language ?? defaultLanguage,
      instance: request.originalUrl.split('?', 1)[0] ?? '/',
      requestId: request.id,
    })
    if (refusal?.retryAfterSeconds !== undefined) reply.header('retry-after', refusal.retryAfterSeconds)
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
    // The body was not read to its end, so what follows on this connection is not a request.
    if (problem.status === 413) reply.header('connection', 'close')
    void reply
      .code(problem.status)
      .type('application/problem+json; charset=utf-8')
      .send(JSON.stringify(problem))
  }
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(() => {
    throw refuseRequest('route_not_found')
  })

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    if (options.isDraining()) reply.header('connection', 'close')
  })
  options.observe(app)
  await app.register(helmet, {
    global: true,
    contentSecurityPolicy: { directives: { 'upgrade-insecure-requests': null } },
  })
  if (options.corsOrigins.length > 0) await app.register(cors, corsOptions(options.corsOrigins))
  await app.register(cookie)
  recogniseCallers(app, { authenticate: options.authenticate, defaultLanguage })
  options.limit(app)
  // The page that shows the API brings routes of its own, which know nothing of our rule; the guard comes after them.
  await describeRoutes(app, { version })
  guardRoutes(app)
  readJson(app)
  tagRecords(app)
  return app
}

/** A number of proxies is a rule over the hops, counted from us. */
function trustedHops(trust: HttpOptions['trustProxy']) {
  return typeof trust === 'number' ? (_address: string, hop: number) => hop < trust : trust
}

function readJson(app: HttpServer): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    // A POST without anything to say is fine; its schema decides whether a body was needed.
    if (text === '') return done(null)
    return parse(request, String(text), done)
  })
  app.addHook('preValidation', async (request) => {
    refuseBrokenText(request.body)
    refuseBrokenText(request.query)
  })
}

function corsOptions(origins: readonly string[]) {
  return {
    origin: [...origins],
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'ETag',
      'Idempotent-Replayed',
      'Location',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'Retry-After',
      'X-Request-Id',
    ],
    maxAge: 600,
  }
}
