import { arrivalsOf, type BrokerLog } from './broker.ts'
import { type Evidence, hasColumns, rowsOf } from './evidence.ts'
import { type InboxRow, isAmong, type KnownEvent } from './inbox.ts'
import { each, type Violation } from './violation.ts'

/** A table in which a consumer leaves one row for each event that it has handled. */
export type EffectTable = {
  readonly consumer: string
  readonly table: string
  /** The column with the event's id. */
  readonly event: string
  /** The column with the consumer's name, where several share the table. */
  readonly owner?: string
  /** Types that the consumer handles by doing nothing. */
  readonly except?: readonly string[]
}

type EffectCheck = {
  readonly effects: readonly EffectTable[]
  readonly rows: readonly InboxRow[]
  readonly events: readonly KnownEvent[]
}

/** Each handled event has left one row, and there is none of an event that was not handled. */
export async function checkEffects(
  { db, tables, isSettled }: Evidence,
  { effects, rows, events }: EffectCheck,
): Promise<Violation[]> {
  const violations: Violation[] = []
  const types = new Map(events.map(({ id, type }) => [id, type]))
  for (const { consumer, table, event, owner, except = [] } of effects) {
    if (!tables.has(table)) continue
    const found = await rowsOf<{ event_id: string; count: number }>(
      db,
      `select ${event} as event_id, count(*) as count from ${table}
       where ${event} is not null ${owner === undefined ? '' : `and ${owner} = '${consumer}'`}
       group by ${event}`,
    )
    const counts = new Map(found.map((row) => [row.event_id, row.count]))
    const handled = new Set(
      rows.filter((row) => row.consumer === consumer && row.handled_at !== null).map((row) => row.event_id),
    )
    const missing = isSettled
      ? [...handled].filter((id) => !counts.has(id) && !isAmong(except, types.get(id) ?? ''))
      : []
    const unfounded = [...counts.keys()].filter((id) => !handled.has(id))
    const repeated = [...counts].filter(([, count]) => count > 1)
    violations.push(
      ...each(
        'I3-effect',
        missing,
        (id) => `${table} has no row of the event ${id} that ${consumer} handled`,
      ),
      ...each(
        'I4',
        unfounded,
        (id) => `${table} has a row of the event ${id} that ${consumer} never handled`,
      ),
      ...each(
        'I3-effect',
        repeated.map(([id, count]) => `${count} rows of the event ${id}`),
        (what) => `${table} has ${what}`,
      ),
    )
  }
  return violations
}

/** A table in which something is there once, whatever its own keys say. */
export type OnceTable = {
  readonly table: string
  readonly columns: readonly string[]
  /** In SQL; for all rows without it. */
  readonly where?: string
}

export async function checkOnce(evidence: Evidence, once: readonly OnceTable[]): Promise<Violation[]> {
  const violations: Violation[] = []
  for (const { table, columns, where = '1 = 1' } of once) {
    if (!hasColumns(evidence, table, ...columns)) continue
    const list = columns.join(', ')
    const found = await rowsOf<Readonly<Record<string, unknown>>>(
      evidence.db,
      `select ${list}, count(*) as how_often from ${table}
       where ${where} and ${columns.map((column) => `${column} is not null`).join(' and ')}
       group by ${list} having count(*) > 1`,
    )
    const names = found.map((row) => columns.map((column) => `${column} ${String(row[column])}`).join(', '))
    violations.push(...each('I3-effect', names, (name) => `${table} has more than one row with ${name}`))
  }
  return violations
}

type Person = {
  readonly id: string
  readonly version: number
  readonly disabled_at: Date | null
  readonly deleted_at: Date | null
  readonly [field: string]: unknown
}
type UserEvent = {
  readonly subject: string
  readonly type: string
  readonly version: number
  readonly data: Readonly<Record<string, unknown>>
}

const COPIED = ['name', 'lastname', 'email', 'username', 'role', 'locale']

/** The copy of each user is what their last event says (T5). */
export async function checkPeople(evidence: Evidence, brokers: readonly BrokerLog[]): Promise<Violation[]> {
  if (!evidence.isSettled || !evidence.tables.has('people')) return []
  const people = await rowsOf<Person>(evidence.db, 'select * from people')
  const last = new Map<string, UserEvent>()
  for (const event of userEvents(evidence, brokers)) {
    const known = last.get(event.subject)
    if (known === undefined || event.version > known.version) last.set(event.subject, event)
  }
  const copies = new Map(people.map((person) => [`user/${person.id}`, person]))
  const missing = [...last.keys()].filter((subject) => !copies.has(subject))
  const unfounded = [...copies.keys()].filter((subject) => !last.has(subject))
  const different = [...last.values()].flatMap((event) => {
    const copy = copies.get(event.subject)
    return copy === undefined ? [] : differencesOf(event, copy).map((field) => `${event.subject} in ${field}`)
  })
  return [
    ...each('I3-effect', missing, (subject) => `people has no copy of ${subject}`),
    ...each('I4', unfounded, (subject) => `people has a copy of ${subject}, of whom no event tells`),
    ...each('I3-effect', different, (what) => `people differs from the last event of ${what}`),
  ]
}

function userEvents(evidence: Evidence, brokers: readonly BrokerLog[]): UserEvent[] {
  const own = evidence.log.map((row) => ({
    subject: row.subject,
    type: row.type,
    version: row.record_version,
    data: fieldsOf(JSON.parse(row.data)),
  }))
  const foreign = brokers.flatMap(arrivalsOf).map(({ event }) => ({
    subject: event.subject,
    type: event.type,
    version: event.recordversion,
    data: fieldsOf(event.data),
  }))
  return [...own, ...foreign].filter(({ subject }) => subject.startsWith('user/'))
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

function differencesOf({ type, version, data }: UserEvent, copy: Person): string[] {
  const differing = COPIED.filter((field) => field in data && data[field] !== copy[field])
  if (copy.version !== version) differing.push('version')
  if (typeof data['disabled'] === 'boolean' && data['disabled'] !== (copy.disabled_at !== null))
    differing.push('disabled')
  if ((type === 'user.deleted') !== (copy.deleted_at !== null)) differing.push('deleted')
  return differing
}
