import { type Arrival, arrivalsOf, type BrokerLog, sourceOf } from './broker.ts'
import { type Evidence, rowsOf } from './evidence.ts'
import { each, type Violation } from './violation.ts'

export type Listener = {
  readonly name: string
  /** As a consumer spells them: a star at the end stands for all that begin so. */
  readonly types: readonly string[]
  /** Only what comes from other databases. */
  readonly origin?: 'elsewhere'
  /** Only of servers that are told to have it. */
  readonly isOptional?: true
}

export type InboxRow = {
  readonly consumer: string
  readonly event_id: string
  readonly subject: string
  readonly source: string
  readonly position: number
  readonly handled_at: Date | null
  readonly attempts: number
  readonly due_at: Date | null
  readonly parked_at: Date | null
}

type Floor = { readonly consumer: string; readonly source: string; readonly position: number }
/** An event of the log, or one of another database's that a broker brought. */
export type KnownEvent = {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly installation: string
  readonly position: number | null
}

const COLUMNS = 'consumer, event_id, subject, source, position, handled_at, attempts, due_at, parked_at'
/** The clocks of processes on one machine agree better than that, and a retry waits longer. */
const CLOCKS_APART_MS = 200
/** After so many tries an event is parked, and may be replayed when later ones have had their effect. */
const TRIES = 10

/** What consumers here can have heard of: the log of this database, and what brokers brought from others. */
function knownEvents(evidence: Evidence, brokers: readonly BrokerLog[]): KnownEvent[] {
  const own = evidence.log.map((row) => ({ ...row, installation: evidence.installation ?? '' }))
  const foreign = brokers
    .flatMap((broker) => arrivalsOf(broker))
    .filter(({ event }: Arrival) => event.source !== sourceOf(evidence))
    .map(({ event }) => ({ ...event, installation: event.source.replace('/karya/', '') }))
  return [...new Map([...own, ...foreign].map((event) => [event.id, event])).values()]
}

function hears({ types, origin }: Listener, event: KnownEvent, own: string | null): boolean {
  return (origin !== 'elsewhere' || event.installation !== own) && isAmong(types, event.type)
}

export function isAmong(types: readonly string[], type: string): boolean {
  return types.some((wanted) =>
    wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted,
  )
}

type InboxCheck = {
  readonly brokers: readonly BrokerLog[]
  readonly listeners: readonly Listener[]
  /** Those that must have been here. */
  readonly expected: readonly Listener[]
}

/** Every consumer that has been here has one row for each event that it listens to, and none for any other. */
export async function checkInbox(
  evidence: Evidence,
  { brokers, listeners, expected }: InboxCheck,
): Promise<{ violations: Violation[]; rows: readonly InboxRow[]; events: readonly KnownEvent[] }> {
  const { db, tables, installation, isSettled } = evidence
  if (!tables.has('inbox')) return { violations: [], rows: [], events: [] }
  const rows = await rowsOf<InboxRow>(db, `select ${COLUMNS} from inbox`)
  const floors = tables.has('inbox_floors') ? await rowsOf<Floor>(db, 'select * from inbox_floors') : []
  const here = (await rowsOf<{ name: string }>(db, 'select name from event_consumers')).map(
    ({ name }) => name,
  )
  const events = knownEvents(evidence, brokers)
  const byConsumer = Map.groupBy(rows, ({ consumer }) => consumer)
  const violations = each(
    'I3-inbox',
    here.filter((name) => !listeners.some((listener) => listener.name === name)),
    (name) => `the checker does not know what the consumer ${name} listens to`,
  )
  violations.push(
    ...each(
      'I3-inbox',
      expected
        .filter((listener) => listener.isOptional !== true && !here.includes(listener.name))
        .map((listener) => listener.name),
      (name) => `the consumer ${name} was never here`,
    ),
  )
  for (const listener of listeners) {
    const own = byConsumer.get(listener.name) ?? []
    if (!here.includes(listener.name) && own.length === 0) continue
    const cleared = floors.filter(({ consumer }) => consumer === listener.name)
    const wanted = events.filter((event) => hears(listener, event, installation))
    violations.push(...compare(listener, { wanted, own, cleared, isSettled }))
  }
  violations.push(...findOvertaking(rows))
  const waiting = isSettled ? rows.filter((row) => row.handled_at === null && row.parked_at === null) : []
  violations.push(...each('I3-inbox', waiting.map(name), (row) => `${row} was neither handled nor parked`))
  return { violations, rows, events }
}

function name({ consumer, event_id: id, subject }: InboxRow): string {
  return `the event ${id} of ${subject} at ${consumer}`
}

type Comparison = {
  readonly wanted: readonly KnownEvent[]
  readonly own: readonly InboxRow[]
  readonly cleared: readonly Floor[]
  readonly isSettled: boolean
}

function compare(listener: Listener, { wanted, own, cleared, isSettled }: Comparison): Violation[] {
  const ids = new Set(wanted.map(({ id }) => id))
  const counts = new Map<string, number>()
  for (const { event_id: id } of own) counts.set(id, (counts.get(id) ?? 0) + 1)
  const isCleared = ({ installation, position }: KnownEvent): boolean =>
    cleared.some((floor) => floor.source === installation && position !== null && position <= floor.position)
  const missing = isSettled ? wanted.filter((event) => !counts.has(event.id) && !isCleared(event)) : []
  const strange = own.filter(({ event_id: id }) => !ids.has(id))
  const repeated = [...counts].filter(([, count]) => count > 1)
  return [
    ...each(
      'I3-inbox',
      missing.map(({ id, type, subject }) => `${type} ${id} of ${subject}`),
      (event) => `${listener.name} never got the event ${event}`,
    ),
    ...each('I4', strange.map(name), (row) => `${row} is not in the log, or nothing it listens to`),
    ...each(
      'I3-inbox',
      repeated.map(([id, count]) => `${count} inbox rows for the event ${id}`),
      (what) => `${listener.name} has ${what}`,
    ),
  ]
}

/** At each consumer the events of a record had their effect in its order. */
function findOvertaking(rows: readonly InboxRow[]): Violation[] {
  const overtaken: string[] = []
  const lines = Map.groupBy(rows, ({ consumer, source, subject }) => `${consumer} ${source} ${subject}`)
  for (const line of lines.values()) {
    let latest = 0
    for (const row of line.toSorted((a, b) => a.position - b.position)) {
      if (row.handled_at === null || row.attempts >= TRIES) continue
      if (row.handled_at.getTime() < latest - CLOCKS_APART_MS) overtaken.push(name(row))
      latest = Math.max(latest, row.handled_at.getTime())
    }
  }
  return each('I5', overtaken, (row) => `${row} was handled before an earlier one of its record`)
}
