const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** Outside of these, not every engine has a date. */
const FIRST_TIME = Date.UTC(1000, 0, 1)
const LAST_TIME = Date.UTC(9999, 11, 31)

/** Where a page ends, as text that goes into an address. */
export function writeCursor(place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/** What a cursor says; nothing where it is none. Anybody may write one, so that each value is looked at before use. */
export function readCursor(cursor: string): readonly unknown[] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(place) ? place : []
  } catch {
    return []
  }
}

export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value)
}

export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

/** Milliseconds since 1970 for which every engine has a date. */
export function isTime(value: unknown): value is number {
  return isWhole(value) && value >= FIRST_TIME && value <= LAST_TIME
}
