import type { FastifySchemaCompiler } from 'fastify'
import { type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { type AppError, type FieldError, invalidField, refuse } from '../errors.ts'
import type { Text } from '../language.ts'

type Violation = {
  readonly keyword: string
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
}

/** Thrown by validation; carries its refusal through Fastify's own handling of invalid input. */
export class ValidationError extends Error {
  readonly refusal: AppError

  constructor(refusal: AppError) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** Every route's input is checked by what TypeBox compiles from its schema; a body is taken as it is. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  return (input: unknown) => {
    // Fastify hands over null for a request without a body.
    if (httpPart === 'body' && input === null && Type.IsOptional(schema)) return { value: undefined }
    const value = httpPart === 'body' ? input : fromText(schema, input)
    if (validator.Check(value)) return { value }
    if (httpPart === 'params') return { error: new ValidationError(refuse('not_found')) }
    const fields = describeViolations(validator.Errors(value), httpPart)
    return { error: new ValidationError(refuse('invalid_input', { fields })) }
  }
}

/** What a schema found wrong, field by field; pointers are JSON pointers when the part is `body`. */
export function describeViolations(violations: readonly Violation[], part: string | undefined): FieldError[] {
  return distinct(withoutEchoes(violations).flatMap((violation) => toFieldErrors(violation, part)))
}

/** Of a field that may be null, what is wrong with its other form says all: not that it is not null, nor neither. */
function withoutEchoes(violations: readonly Violation[]): readonly Violation[] {
  const isNotNull = ({ keyword, params }: Violation) => keyword === 'type' && params['type'] === 'null'
  const telling = violations.filter((violation) => !SILENT.has(violation.keyword) && !isNotNull(violation))
  const explained = new Set(telling.map(({ instancePath }) => instancePath))
  return violations.filter((violation) =>
    violation.keyword === 'anyOf' ? !explained.has(violation.instancePath) : !isNotNull(violation),
  )
}

/** The members of a union and the schema `false` of an unknown property are reported beside the whole. */
const SILENT: ReadonlySet<string> = new Set(['anyOf', 'const', 'boolean'])

const WHOLE_NUMBER = /^-?\d{1,16}$/

/** Query strings and paths are text; numbers and booleans in them are read when they are exactly that. */
function fromText(schema: TSchema, input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input
  const properties: unknown = Reflect.get(schema, 'properties')
  if (typeof properties !== 'object' || properties === null) return input
  // Not by assignment: a parameter may be called `__proto__`, and is unknown like any other.
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, readText(Reflect.get(properties, name), value)]),
  )
}

function readText(property: unknown, value: unknown): unknown {
  const type: unknown =
    typeof property === 'object' && property !== null ? Reflect.get(property, 'type') : undefined
  if (type === 'integer' && typeof value === 'string' && WHOLE_NUMBER.test(value)) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}

const INVALID: Text = { en: 'is not valid', id: 'tidak sah' }
const TEXTS: Readonly<Record<string, Text>> = {
  required: { en: 'is required', id: 'wajib diisi' },
  unknown: { en: 'is not known here', id: 'tidak dikenal di sini' },
  type: { en: 'must be of type {type}', id: 'harus bertipe {type}' },
  minLength: { en: 'must have at least {limit} characters', id: 'minimal {limit} karakter' },
  maxLength: { en: 'must have at most {limit} characters', id: 'maksimal {limit} karakter' },
  minimum: { en: 'must be at least {limit}', id: 'minimal {limit}' },
  maximum: { en: 'must be at most {limit}', id: 'maksimal {limit}' },
  exclusiveMinimum: { en: 'must be more than {limit}', id: 'harus lebih dari {limit}' },
  minItems: { en: 'must have at least {limit} items', id: 'minimal {limit} butir' },
  maxItems: { en: 'must have at most {limit} items', id: 'maksimal {limit} butir' },
  enum: { en: 'must be one of {allowed}', id: 'harus salah satu dari {allowed}' },
  format: { en: 'must be a valid {format}', id: 'harus berupa {format} yang sah' },
  invalid: INVALID,
}
const SURROGATE: Text = {
  en: 'must not contain half a surrogate pair',
  id: 'tidak boleh memuat setengah pasangan surrogate',
}
const NUL: Text = { en: 'must not contain a NUL character', id: 'tidak boleh memuat karakter NUL' }

function toFieldErrors({ keyword, instancePath, params }: Violation, part: string | undefined): FieldError[] {
  switch (keyword) {
    case 'required':
      return names(params['requiredProperties']).map((name) =>
        field(part, `${instancePath}/${escapePointer(name)}`, 'required', {}),
      )
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return names(params[keyword]).map((name) =>
        field(part, `${instancePath}/${escapePointer(name)}`, 'unknown', {}),
      )
    case 'enum':
      return [field(part, instancePath, 'enum', { allowed: names(params['allowedValues']).join(', ') })]
    default:
      if (keyword !== 'anyOf' && SILENT.has(keyword)) return []
      return [field(part, instancePath, keyword in TEXTS ? keyword : 'invalid', params)]
  }
}

function field(
  part: string | undefined,
  path: string,
  code: string,
  details: Readonly<Record<string, unknown>>,
): FieldError {
  // In a body it is a JSON pointer; elsewhere the parameter's name says more.
  const pointer = part === 'body' ? path : path.replace(/^\//, '')
  return { pointer, code: code === 'unknown' ? 'unknown_field' : code, text: TEXTS[code] ?? INVALID, details }
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function distinct(fields: readonly FieldError[]): FieldError[] {
  const seen = new Set<string>()
  return fields.filter(({ pointer, code }) => {
    const key = `${pointer} ${code}`
    return !seen.has(key) && seen.add(key)
  })
}

/**
 * No engine stores U+0000 alike (PostgreSQL not at all), and half a surrogate pair has no bytes in UTF-8, so no text
 * from outside may have either. What is sent may be nested deeper than a call stack is.
 */
export function refuseBrokenText(input: unknown): void {
  const waiting: { readonly value: unknown; readonly path: Path | null }[] = [{ value: input, path: null }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path } = next
    if (typeof value === 'string') {
      if (value.includes('\0')) throw brokenText(path, 'nul_character', NUL)
      if (!value.isWellFormed()) throw brokenText(path, 'lone_surrogate', SURROGATE)
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        if (!Array.isArray(value)) waiting.push({ value: name, path })
        waiting.push({ value: inner, path: { name, above: path } })
      }
    }
  }
}

type Path = { readonly name: string; readonly above: Path | null }

function brokenText(path: Path | null, code: string, text: Text): AppError {
  let pointer = ''
  for (let part = path; part !== null; part = part.above) pointer = `/${escapePointer(part.name)}${pointer}`
  return invalidField({ pointer, code, text })
}

/** RFC 6901 §3 */
function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
