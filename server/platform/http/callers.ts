import type { FastifyRequest } from 'fastify'
import type { Actor, Call, Companion } from '../call.ts'
import { AppError, defineErrors } from '../errors.ts'
import { type Language, preferredLanguage } from '../language.ts'
import type { HttpServer } from './types.ts'

/** Who stands behind a bearer token; refuses with `unauthenticated` when nobody does any more. */
export type Authenticate = (token: string) => Promise<Actor>

export const refuseCaller = defineErrors({
  missing_authorization: {
    kind: 'unauthenticated',
    en: 'missing authorization header',
    id: 'header otorisasi tidak ada',
  },
  invalid_token: { kind: 'unauthenticated', en: 'invalid token', id: 'token tidak valid' },
  missing_permission: {
    kind: 'forbidden',
    en: 'You need the permission {permission} for this.',
    id: 'Anda memerlukan izin {permission} untuk ini.',
  },
})

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i

/** Finds out who asks. It refuses nothing yet: a public route serves anybody, and limits come first. */
export function recogniseCallers(
  app: HttpServer,
  options: { authenticate: Authenticate; defaultLanguage: Language },
) {
  app.decorateRequest('actor', null)
  app.decorateRequest('anonymity', 'missing_authorization')
  app.decorateRequest('language', options.defaultLanguage)

  app.addHook('onRequest', async (request) => {
    request.language = preferredLanguage(request.headers['accept-language'], options.defaultLanguage)
    const header = request.headers.authorization
    if (header === undefined) return
    const token = BEARER.exec(header)?.[1]
    try {
      if (token === undefined) throw refuseCaller('invalid_token')
      request.actor = await options.authenticate(token)
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'unauthenticated') throw error
      request.anonymity = 'invalid_token'
    }
  })
}

/** Lets a request pass only when its route is public or its caller holds the route's permission (F11). */
export function guardRoutes(app: HttpServer) {
  app.addHook('onRoute', ({ config, method, url }) => {
    if (config?.permission === undefined && config?.public !== true) {
      throw new Error(
        `the route ${String(method)} ${url} declares neither a permission nor that it is public`,
      )
    }
  })
  app.addHook('onRequest', async (request) => {
    const { permission } = request.routeOptions.config
    if (permission === undefined) return
    if (request.actor === null) throw refuseCaller(request.anonymity)
    if (!request.actor.permissions.has(permission)) {
      throw refuseCaller('missing_permission', { details: { permission } })
    }
  })
}

const ENTITY_TAG = /^"(\d{1,15})"$/

export function callOf<Result>(request: FastifyRequest, companion?: Companion<Result>): Call<Result> {
  return {
    actor: request.actor,
    language: request.language,
    address: request.ip,
    expectedVersions: expectedVersions(request.headers['if-match']),
    ...(companion === undefined ? {} : { companion }),
  }
}

/** RFC 9110 §13.1.1. Our tags are strong and hold the version, so any other names no record. */
function expectedVersions(ifMatch: string | undefined): Call['expectedVersions'] {
  if (ifMatch === undefined || ifMatch.trim() === '*') return 'any'
  return ifMatch.split(',').flatMap((tag) => {
    const version = ENTITY_TAG.exec(tag.trim())?.[1]
    return version === undefined ? [] : [Number(version)]
  })
}
