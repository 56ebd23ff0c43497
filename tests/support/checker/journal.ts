import { readFile } from 'node:fs/promises'
import { type Evidence, rowsOf } from './evidence.ts'
import { each, type Violation } from './violation.ts'

/** A request of a client that asks for an order, and what it was answered; one a line, each written when it ended. */
export type JournalEntry = {
  readonly key: string
  /** Null when the connection broke or nothing came in time. */
  readonly status: number | null
  /** The order's, where the answer names one. */
  readonly id: string | null
}

export async function readJournal(file: string): Promise<JournalEntry[]> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  return lines.flatMap((line, index) => {
    if (line === '') return []
    const entry = parse(line)
    if (entry !== null) return entry
    // A client that was killed may have left half a line, at the end.
    if (index === lines.length - 1) return []
    throw new Error(`${file}: line ${index + 1} is no entry of a journal`)
  })
}

function parse(line: string): JournalEntry | null {
  try {
    const value: unknown = JSON.parse(line)
    return isEntry(value) ? value : null
  } catch {
    return null
  }
}

function isEntry(value: unknown): value is JournalEntry {
  if (typeof value !== 'object' || value === null) return false
  const [key, status, id] = ['key', 'status', 'id'].map((field): unknown => Reflect.get(value, field))
  return (
    typeof key === 'string' &&
    (status === null || typeof status === 'number') &&
    (id === null || typeof id === 'string')
  )
}

/**
 * Every acknowledged order is there, one for each key, and there is none that no key asked for. The journal is whole:
 * it has every request for an order since the database was empty.
 */
export async function checkJournal({ db }: Evidence, journal: readonly JournalEntry[]): Promise<Violation[]> {
  const orders = new Set((await rowsOf<{ id: string }>(db, 'select id from orders')).map(({ id }) => id))
  const byKey = Map.groupBy(journal, ({ key }) => key)
  const answers = [...byKey].map(([key, entries]) => {
    const acknowledged = entries.filter(({ status }) => status !== null && status >= 200 && status < 300)
    return { key, ids: [...new Set(acknowledged.map(({ id }) => id ?? 'none'))] }
  })
  const keysOf = Map.groupBy(
    answers.flatMap(({ key, ids }) => ids.map((id) => ({ id, key }))),
    ({ id }) => id,
  )
  const lost = answers.flatMap(({ key, ids }) =>
    ids.filter((id) => !orders.has(id)).map((id) => `${id} for the key ${key}`),
  )
  const several = answers.filter(({ ids }) => ids.length > 1)
  const shared = [...keysOf].filter(([, keys]) => keys.length > 1)
  // A key without an answer has made one order or none.
  const unanswered = answers.filter(({ ids }) => ids.length === 0).length
  const surplus = orders.size - [...orders].filter((id) => keysOf.has(id)).length - unanswered
  return [
    ...each('I1', lost, (order) => `the order ${order} was acknowledged and is not there`),
    ...each(
      'I1',
      several.map(({ key, ids }) => `${key} got ${ids.length} orders: ${ids.join(', ')}`),
      (what) => `the key ${what}`,
    ),
    ...each(
      'I1',
      shared.map(([id, keys]) => `${id} was the answer to ${keys.length} keys`),
      (what) => `the order ${what}`,
    ),
    ...(surplus > 0
      ? [{ invariant: 'I1' as const, message: `${surplus} orders that nobody asked for` }]
      : []),
  ]
}
