/** PHP leaks through its JSON: numbers come as strings, maps that are empty as lists. All of that is taken. */

/** A number or a numeric string; null for anything else. */
export function toInteger(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : null
}

/** An id as text; null for what is none. */
export function toId(value: unknown): string | null {
  const id = toInteger(value)
  return id === null || id <= 0 ? null : String(id)
}

export function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The fields of an object; none for a list, null or anything else. */
export function toFields(value: unknown): ReadonlyMap<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return new Map(isObject ? Object.entries(value) : [])
}

/** The values of a list or of a map. */
export function toList(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}

/** Epoch seconds, as number or text, or ISO 8601. */
export function toDate(value: unknown): Date | null {
  const seconds = toInteger(value)
  const date = new Date(seconds === null ? toText(value) : seconds * 1_000)
  return Number.isNaN(date.getTime()) ? null : date
}

export function toFlag(value: unknown): boolean {
  return value === true || value === 1 || value === '1' || value === 'true'
}

/** The key of the next page; null where there is none. */
export function toPageKey(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
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
