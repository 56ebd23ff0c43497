import { isDeepStrictEqual } from 'node:util'
import type { Change } from './schemas.ts'

export type Data = Readonly<Record<string, unknown>>

/** Fields that change with every change, or name the record itself. */
const UNTOLD: ReadonlySet<string> = new Set(['id', 'version', 'created_at', 'updated_at'])

/**
 * What an event has changed against all that earlier events had told of the record. An event may tell only a part of
 * the record, so a field that it does not name is as it was.
 */
export function findChanges(known: Data, data: Data): Change[] {
  return Object.entries(data).flatMap(([field, after]) => {
    if (UNTOLD.has(field)) return []
    const before = Object.hasOwn(known, field) ? known[field] : null
    return isDeepStrictEqual(before, after) ? [] : [{ field, before, after }]
  })
}

/** The last value that each field was given. */
export function merge(inOrder: readonly Data[]): Data {
  return Object.fromEntries(inOrder.flatMap((data) => Object.entries(data)))
}
