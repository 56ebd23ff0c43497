import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { type TSchema, Type } from 'typebox'
import type { HttpServer } from './types.ts'

export const DOCS_PATH = '/api/v1/docs'
const DOCUMENT_PATH = '/api/v1/openapi.json'

const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String(),
    code: Type.String({ description: 'Stable, for programs' }),
    error: Type.String({ description: 'The same sentence as `detail`' }),
    request_id: Type.String(),
    errors: Type.Optional(
      Type.Array(Type.Object({ pointer: Type.String(), code: Type.String(), message: Type.String() })),
    ),
  },
  { description: 'RFC 9457 problem details' },
)

const problemResponse = {
  description: 'A refusal or failure',
  content: { 'application/problem+json': { schema: ProblemSchema } },
}

/** A route that declares no answer gives none. */
function responsesOf(method: unknown, declared: unknown): object {
  if (typeof declared === 'object' && declared !== null) return declared
  return method === 'DELETE' || method === 'POST' ? { 204: { type: 'null', description: 'Done' } } : {}
}

const idempotencyKey = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      maxLength: 255,
      description: 'The same key and body within 24 h get the first answer again',
    }),
  ),
})
const ifMatch = Type.Object({
  'If-Match': Type.Optional(
    Type.String({ description: 'The ETag that was read; 412 when the record has changed' }),
  ),
})

/** What the routes' own schemas do not say, because every route has it. */
const REQUEST_HEADERS: Readonly<Record<string, TSchema>> = {
  POST: idempotencyKey,
  PUT: ifMatch,
  PATCH: ifMatch,
  DELETE: ifMatch,
}

/** OpenAPI 3.1 made from the schemas that validate, and a page to read and try it (C8). Before any route. */
export async function describeRoutes(
  app: HttpServer,
  { version }: { readonly version: string },
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Karya',
        version,
        description: 'One server with which a small company sells, makes, supports and gets things done.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      },
    },
    transform: ({ schema, url, route }) => {
      const { permission } = route.config ?? {}
      const headers = REQUEST_HEADERS[String(route.method)]
      return {
        url,
        schema: {
          ...schema,
          ...(headers === undefined ? {} : { headers }),
          ...(permission === undefined
            ? { security: [] }
            : { security: [{ bearer: [] }], description: `Needs the permission \`${permission}\`.` }),
          response: { ...responsesOf(route.method, schema?.response), default: problemResponse },
        },
      }
    },
  })
  await app.register(swaggerUi, {
    routePrefix: DOCS_PATH,
    indexPrefix: '',
    staticCSP: true,
    theme: { title: 'Karya API' },
    uiConfig: { url: DOCUMENT_PATH, persistAuthorization: true, tryItOutEnabled: true },
  })
  app.get(DOCUMENT_PATH, { config: { public: true }, schema: { hide: true } }, async () => app.swagger())
}
