import type { FastifyRequest } from 'fastify'
import { refuseRequest } from '#platform/http/problem'
import { VISIBLE } from '#platform/http/schemas'
import { ValidationError } from '#platform/http/validation'
import { refuse } from './errors.ts'

const WORDS = ['title', 'description'] as const
const visible = new RegExp(VISIBLE, 'u')

/**
 * For a route with `attachValidation`: refuses what its schema has refused, and where nothing is wrong but that there
 * is no title or no description, in the sentence of the contract (D1). No body at all is no JSON either.
 */
export async function requireWords({ validationError, body }: FastifyRequest): Promise<void> {
  if (validationError === undefined) return
  if (body === null || body === undefined) throw refuseRequest('invalid_json')
  const fields = validationError instanceof ValidationError ? validationError.refusal.fields : []
  const pointers: ReadonlySet<string> = new Set(WORDS.filter((word) => isMissing(body, word)).map(toPointer))
  if (pointers.size > 0 && fields.every(({ pointer }) => pointers.has(pointer)))
    throw refuse('title_and_description_required', { fields })
  throw validationError
}

function isMissing(body: unknown, word: string): boolean {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false
  const text: unknown = Object.hasOwn(body, word) ? Reflect.get(body, word) : undefined
  return text === undefined || text === null || (typeof text === 'string' && !visible.test(text))
}

function toPointer(name: string): string {
  return `/${name}`
}
