import { actionEndpoints } from './action-endpoints.ts'
import { type Answer, htmlAnswer, jsonAnswer, numbersAsStrings, Refusal, refusalAnswer } from './answers.ts'
import { catalogueEndpoints } from './catalogue-endpoints.ts'
import type { Endpoints, Handler, Method } from './endpoint.ts'
import type { Exchange, Instance } from './exchange.ts'
import { guesses } from './guesses.ts'
import { incidentEndpoints } from './incident-endpoints.ts'
import { listEndpoints } from './list-endpoints.ts'
import { createReader } from './parameters.ts'
import { userEndpoints } from './user-endpoints.ts'

const endpoints: Endpoints = {
  ...catalogueEndpoints,
  ...userEndpoints,
  ...incidentEndpoints,
  ...listEndpoints,
  ...actionEndpoints,
}

/** Every scope that a token can be given. */
export const allScopes: readonly string[] = Object.entries(endpoints).flatMap(([name, methods]) =>
  Object.keys(methods).map((method) => `api.v1.${name}:${method.toLowerCase()}`),
)

const CHALLENGE = 'Basic realm="API", Digest realm="API", domain="/api/v1"'

/** Answers one request of the real API: known endpoint, sign-in, method, scope, rate, parameters, work. */
export function answerServiceManagement(exchange: Exchange, instance: Instance): Answer {
  const { settings, store } = instance
  try {
    const handler = admit(exchange, instance)
    const body = handler({
      read: createReader(exchange.parameters, settings.language),
      files: exchange.files,
      store,
      settings,
    })
    return jsonAnswer(settings.idStyle === 'legacy' ? numbersAsStrings(body) : body)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.status === 401) {
      const headers = { 'www-authenticate': CHALLENGE }
      return settings.hasHtmlSignIn ? htmlAnswer(401, headers) : refusalAnswer(error, headers)
    }
    const isLate = error.status === 429 && settings.hasRetryAfter
    return refusalAnswer(error, isLate ? { 'retry-after': '1' } : {})
  }
}

function admit({ endpoint, method, authorization }: Exchange, { access, mayAnswer }: Instance): Handler {
  const methods = Object.hasOwn(endpoints, endpoint) ? endpoints[endpoint] : undefined
  if (methods === undefined) throw new Refusal(404, guesses.notFound)
  const admitted = access.admit(authorization)
  if (admitted === null) throw new Refusal(401, guesses.unauthorized)
  const handler = isMethod(method) ? methods[method] : undefined
  if (handler === undefined) throw new Refusal(405, guesses.wrongMethod)
  const scope = `api.v1.${endpoint}:${method.toLowerCase()}`
  if (admitted.scopes !== null && !admitted.scopes.has(scope)) throw new Refusal(403, guesses.forbidden)
  if (!mayAnswer()) throw new Refusal(429, guesses.tooMany)
  return handler
}

function isMethod(method: string): method is Method {
  return ['GET', 'POST', 'PUT', 'DELETE'].includes(method)
}
