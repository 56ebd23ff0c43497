import { toDate, toFields, toId, toInteger, toList, toText } from './decode.ts'
import { InvgateFailure } from './failure.ts'
import type { Line } from './line.ts'
import { carriesReference } from './reference.ts'
import { unreadable } from './unreadable.ts'

/** Solved, closed, rejected and cancelled, which the list of a customer leaves out. */
const ENDED = [5, 6, 7, 8] as const
const BATCH = 100
/** Pages and batches that are gone through before giving up. */
const MOST = 50

type Search = {
  readonly reference: string
  /** Incidents that are older are not looked at; ids grow with time. */
  readonly since: Date | null
}

/** The incident that carries the reference among those that have ended, the latest first; null where none does. */
export async function findEnded(
  line: Line,
  { reference, since }: Search,
): Promise<{ readonly id: string } | null> {
  const ids = await listEnded(line)
  for (let from = 0; from < ids.length; from += BATCH) {
    if (from >= MOST * BATCH) throw unreadable(`incidents.by.status: more than ${MOST * BATCH} have ended`)
    const query = ids.slice(from, from + BATCH).map((id) => ['ids[]', String(id)] as const)
    const answer = await line.ask({ method: 'GET', path: 'incidents', query })
    if (typeof answer !== 'object' || answer === null) throw unreadable('incidents')
    const rows = toList(answer).map(toFields)
    const found = rows.find((row) => carriesReference(toText(row.get('description')), reference))
    const id = toId(found?.get('id'))
    if (id !== null) return { id }
    if (since !== null && rows.every((row) => isOlder(row, since))) return null
  }
  return null
}

function isOlder(row: ReadonlyMap<string, unknown>, since: Date): boolean {
  const createdAt = toDate(row.get('created_at'))
  return createdAt !== null && createdAt < since
}

/** Their ids, the latest first. Instances differ in whether they tell of all of these; who has no leave is told none. */
async function listEnded(line: Line): Promise<readonly number[]> {
  const statuses = ENDED.map((id) => ['status_ids[]', String(id)] as const)
  const ids = new Set<number>()
  for (let page = 0; page < MOST; page += 1) {
    const fields = await ask(line, page === 0 ? statuses : [...statuses, ['offset', String(ids.size)]])
    if (fields === null) return latestFirst(ids)
    const known = ids.size
    for (const value of toList(fields.get('requestIds'))) {
      const id = toInteger(value)
      if (id !== null) ids.add(id)
    }
    const isLast = ids.size === known || ids.size >= (toInteger(fields.get('total')) ?? 0)
    if (isLast) return latestFirst(ids)
  }
  // What was not read may be what is looked for, which would be made twice.
  throw unreadable(`incidents.by.status: more than ${MOST} pages`)
}

function latestFirst(ids: ReadonlySet<number>): readonly number[] {
  return [...ids].toSorted((a, b) => b - a)
}

async function ask(
  line: Line,
  query: readonly (readonly [string, string])[],
): Promise<ReadonlyMap<string, unknown> | null> {
  try {
    return toFields(await line.ask({ method: 'GET', path: 'incidents.by.status', query }))
  } catch (error) {
    const isNoLeave = error instanceof InvgateFailure && error.code === 'refused' && !error.isPassing
    if (isNoLeave) return null
    throw error
  }
}
