import { Refusal } from './answers.ts'
import { invalidParameter, missingParameter } from './guesses.ts'

export type UploadedFile = { readonly name: string; readonly content: Buffer }
export type Parameters = ReadonlyMap<string, string | readonly string[]>
export type Received = { readonly parameters: Parameters; readonly files: readonly UploadedFile[] }

/**
 * Query and body in one bag, the body first. `k[]`, `k[0]` and lists of JSON are lists. Files count only as the parts
 * `attachments[]` of a multipart body; sent in any other way they are dropped without a word.
 */
export async function readParameters(parts: {
  readonly query: URLSearchParams
  readonly contentType: string
  readonly body: Buffer
}): Promise<Received> {
  const bag = new Map<string, string | string[]>()
  addPairs(bag, parts.query)
  const { pairs, files } = await readBody(parts)
  for (const [name] of pairs) bag.delete(plainName(name))
  addPairs(bag, pairs)
  return { parameters: bag, files }
}

type Pairs = Iterable<readonly [string, string]>

function plainName(name: string): string {
  return name.replace(/\[\d*\]$/, '')
}

function addPairs(bag: Map<string, string | string[]>, pairs: Pairs): void {
  for (const [name, value] of pairs) {
    const plain = plainName(name)
    if (plain === name) {
      bag.set(name, value)
    } else {
      const before = bag.get(plain)
      bag.set(plain, [...(Array.isArray(before) ? before : []), value])
    }
  }
}

async function readBody({
  contentType,
  body,
}: {
  readonly contentType: string
  readonly body: Buffer
}): Promise<{ readonly pairs: readonly (readonly [string, string])[]; readonly files: UploadedFile[] }> {
  const files: UploadedFile[] = []
  if (contentType.startsWith('application/x-www-form-urlencoded')) {
    return { pairs: [...new URLSearchParams(body.toString())], files }
  }
  if (contentType.startsWith('application/json')) return { pairs: pairsOfJson(body), files }
  if (!contentType.startsWith('multipart/form-data')) return { pairs: [], files }
  const pairs: [string, string][] = []
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => new FormData())
  for (const [name, value] of form) {
    if (typeof value === 'string') pairs.push([name, value])
    else if (plainName(name) === 'attachments' && name !== 'attachments')
      files.push({ name: value.name, content: Buffer.from(await value.arrayBuffer()) })
  }
  return { pairs, files }
}

function pairsOfJson(body: Buffer): [string, string][] {
  const value = parseJson(body.toString())
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, each]): [string, string][] => {
    if (each === null || each === undefined) return []
    if (Array.isArray(each)) return each.map((item) => [`${name}[]`, textOf(item)])
    return [[name, textOf(each)]]
  })
}

function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

/** Reads the bag and answers 428 for what is missing or of another type, as the API does. */
export type Reader = {
  readonly has: (name: string) => boolean
  readonly text: (name: string) => string
  readonly optionalText: (name: string) => string | null
  readonly integer: (name: string) => number
  readonly optionalInteger: (name: string) => number | null
  readonly integers: (name: string) => readonly number[]
  readonly flag: (name: string, otherwise?: boolean) => boolean
}

export function createReader(parameters: Parameters, language: 'en' | 'es'): Reader {
  function optionalText(name: string): string | null {
    const value = parameters.get(name)
    return typeof value === 'string' && value !== '' ? value : null
  }
  function text(name: string): string {
    const value = optionalText(name)
    if (value === null) throw new Refusal(428, missingParameter(name, language))
    return value
  }
  function toInteger(name: string, value: string): number {
    if (/^-?\d+$/.test(value)) return Number(value)
    throw new Refusal(428, invalidParameter({ name, type: 'INTEGER' }, language))
  }
  return {
    has: (name) => parameters.has(name),
    text,
    optionalText,
    integer: (name) => toInteger(name, text(name)),
    optionalInteger(name) {
      const value = optionalText(name)
      return value === null ? null : toInteger(name, value)
    },
    integers(name) {
      const value = parameters.get(name)
      if (value === undefined) throw new Refusal(428, missingParameter(name, language))
      if (typeof value === 'string') {
        throw new Refusal(428, invalidParameter({ name, type: 'ARRAY' }, language))
      }
      return value.map((each) => toInteger(name, each))
    },
    flag(name, otherwise = false) {
      const value = parameters.get(name)
      return value === undefined ? otherwise : value === '1' || value === 'true'
    },
  }
}
