import type { TestApp } from '#tests/test-app'

type Schema = {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly minimum?: number
}

export type Operation = {
  readonly method: string
  /** As in the document: `/api/v1/products/{id}`. */
  readonly path: string
  /** With ids of nobody in place of the parameters. */
  readonly url: string
  readonly isPublic: boolean
  readonly permission: string | null
  readonly body: Schema | null
  readonly query: readonly string[]
  /** It answers for as long as the caller listens. */
  readonly isStream: boolean
}

export const NOBODY = '0190a000-0000-7000-8000-000000000000'
/** One that nobody has said anything about. */
const A_DAY = '2001-02-03'

/** Every route that the OpenAPI document tells of, so that a new one is tested without a new test. */
export async function listOperations(app: TestApp): Promise<Operation[]> {
  const { body: document } = await app.ask('GET', '/api/v1/openapi.json')
  const operations: Operation[] = []
  for (const [path, item] of Object.entries<Record<string, Record<string, never>>>(document.paths)) {
    for (const [method, described] of Object.entries(item)) {
      // The document is plain JSON; its fields are looked up, not declared.
      // oxlint-disable-next-line typescript/no-explicit-any
      const operation: any = described
      operations.push({
        method: method.toUpperCase(),
        path,
        url: path.replaceAll('{day}', A_DAY).replaceAll(/\{\w+\}/g, NOBODY),
        isPublic: operation.security.length === 0,
        permission: /permission `([^`]+)`/.exec(operation.description ?? '')?.[1] ?? null,
        body: operation.requestBody?.content?.['application/json']?.schema ?? null,
        query: (operation.parameters ?? [])
          .filter((parameter: { in: string }) => parameter.in === 'query')
          .map((parameter: { name: string }) => parameter.name),
        isStream: operation.responses?.['200']?.content?.['text/event-stream'] !== undefined,
      })
    }
  }
  return operations
}

/** Something that the schema takes, with every field that it knows. */
export function sampleOf(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.anyOf !== undefined) return sampleOf(schema.anyOf[0] ?? {})
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, property]) => [name, sampleOf(property)]),
      )
    case 'array':
      return [sampleOf(schema.items ?? {})]
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, 1)
    case 'boolean':
      return true
    case undefined:
    default:
      return sampleText(schema)
  }
}

function sampleText({ format, pattern, minLength = 1 }: Schema): string {
  if (format === 'email') return 'somebody@karya.test'
  if (format === 'date-time') return '2030-01-01T00:00:00.000Z'
  if (pattern?.startsWith('^[0-9a-f]{8}')) return NOBODY
  return 'abcd1234'.padEnd(minLength, 'x')
}

/** The sample once for each text in it, with that text replaced, wherever it stands. */
export function* withTextReplaced(sample: unknown, text: string): Generator {
  if (typeof sample === 'string') yield text
  else if (Array.isArray(sample)) {
    for (const [index, item] of sample.entries()) {
      for (const changed of withTextReplaced(item, text)) yield sample.with(index, changed)
    }
  } else if (typeof sample === 'object' && sample !== null) {
    for (const [name, value] of Object.entries(sample)) {
      for (const changed of withTextReplaced(value, text)) yield { ...sample, [name]: changed }
    }
  }
}
