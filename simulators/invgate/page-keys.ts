import { Refusal } from './answers.ts'
import { invalidParameter } from './guesses.ts'
import { parseJson } from './parameters.ts'

/** The key of the page after a row: base64 of its id. */
export function pageKeyAfter(lastId: number): string {
  return Buffer.from(JSON.stringify({ last_id: lastId })).toString('base64')
}

/** Null where no key is given; 428 for one that nobody here has made. */
export function readPageKey(key: string | null, language: 'en' | 'es'): number | null {
  if (key === null) return null
  const decoded = parseJson(Buffer.from(key, 'base64').toString())
  const lastId: unknown =
    typeof decoded === 'object' && decoded !== null ? Reflect.get(decoded, 'last_id') : undefined
  if (typeof lastId !== 'number') {
    throw new Refusal(428, invalidParameter({ name: 'page_key', type: 'KEY' }, language))
  }
  return lastId
}

export type Page<Row> = { readonly rows: readonly Row[]; readonly nextKey: string | null }

/** The rows strictly after the one of the key; what is behind the end is empty, not an error. */
export function pageOf<Row extends { readonly id: number }>(
  rows: readonly Row[],
  {
    lastId,
    limit,
    isDescending,
  }: { readonly lastId: number | null; readonly limit: number; readonly isDescending: boolean },
): Page<Row> {
  const sorted = rows.toSorted((a, b) => (isDescending ? b.id - a.id : a.id - b.id))
  const rest = sorted.filter(({ id }) => lastId === null || (isDescending ? id < lastId : id > lastId))
  const taken = rest.slice(0, limit)
  const last = taken.at(-1)
  return { rows: taken, nextKey: last !== undefined && rest.length > limit ? pageKeyAfter(last.id) : null }
}
