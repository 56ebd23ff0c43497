import { type Evidence, type LogRow, rowsOf } from './evidence.ts'
import { each, type Violation } from './violation.ts'

type RecordKind = {
  readonly table: string
  /** What stands before the slash in the subject of its events. */
  readonly prefix: string
  /** SQL for the version that a row is at; without a column of that name, what stands for it. */
  readonly version: string
  /** The type of the event of version 1; null where a row is there from the start, at version 0. */
  readonly first: string | null
  /** When the row may be gone: never, after an event of this type, or at any time. */
  readonly gone: 'never' | 'any time' | `after ${string}`
}

/** Whose every change is an event (E1). Another table with a column `version` must be added to one of the two lists. */
const RECORDS: readonly RecordKind[] = [
  { table: 'orders', prefix: 'order', version: 'version', first: 'order_created', gone: 'never' },
  { table: 'payments', prefix: 'payment', version: 'version', first: 'payment.recorded', gone: 'never' },
  { table: 'tickets', prefix: 'ticket', version: 'version', first: 'ticket.created', gone: 'never' },
  { table: 'tasks', prefix: 'task', version: 'version', first: 'task.created', gone: 'after task.deleted' },
  { table: 'task_comments', prefix: 'task_comment', version: '1', first: 'task.commented', gone: 'any time' },
  { table: 'ticket_messages', prefix: 'ticket_message', version: '1', first: null, gone: 'never' },
  {
    table: 'ticket_clocks',
    prefix: 'ticket_clock',
    version: 'case when breached_at is not null then 2 when warned_at is not null then 1 else 0 end',
    first: null,
    gone: 'never',
  },
  {
    table: 'sla_policies',
    prefix: 'sla_policy',
    version: 'version',
    first: null,
    gone: 'after sla_policy.deleted',
  },
  {
    table: 'ticket_groups',
    prefix: 'ticket_group',
    version: 'version',
    first: 'ticket_group.created',
    gone: 'after ticket_group.deleted',
  },
  {
    table: 'canned_replies',
    prefix: 'canned_reply',
    version: 'version',
    first: 'canned_reply.created',
    gone: 'after canned_reply.deleted',
  },
  {
    table: 'business_hours',
    prefix: 'business_calendar',
    version: 'version',
    first: null,
    gone: 'never',
  },
  { table: 'shop_settings', prefix: 'shop_settings', version: 'version', first: null, gone: 'never' },
  { table: 'products', prefix: 'product', version: 'version', first: 'product.created', gone: 'never' },
  { table: 'categories', prefix: 'category', version: 'version', first: 'category.created', gone: 'never' },
  {
    table: 'users',
    prefix: 'user',
    version: 'version',
    first: 'user.registered',
    gone: 'after user.deleted',
  },
  {
    table: 'sessions',
    prefix: 'session',
    version: 'case when revoked_at is null then 1 else 2 end',
    first: 'session.started',
    gone: 'any time',
  },
  { table: 'api_tokens', prefix: 'api_token', version: '1', first: 'api_token.created', gone: 'any time' },
  {
    table: 'notifications',
    prefix: 'notification',
    version: 'version',
    first: 'notification.created',
    gone: 'any time',
  },
  {
    table: 'webhooks',
    prefix: 'webhook',
    version: 'version',
    first: 'webhook.created',
    gone: 'after webhook.deleted',
  },
  {
    table: 'work_orders',
    prefix: 'work_order',
    version: 'version',
    first: 'work_order.created',
    gone: 'never',
  },
  {
    table: 'work_order_comments',
    prefix: 'work_order_comment',
    version: '1',
    first: 'work_order.commented',
    gone: 'never',
  },
  {
    table: 'work_order_reports',
    prefix: 'work_order_report',
    version: '1',
    first: 'work_order.progress_reported',
    gone: 'never',
  },
  {
    table: 'work_schedules',
    prefix: 'work_schedule',
    version: 'version',
    first: 'work_schedule.created',
    gone: 'never',
  },
  { table: 'work_bills', prefix: 'work_bill', version: 'version', first: null, gone: 'never' },
  { table: 'product_demands', prefix: 'product_demand', version: 'version', first: null, gone: 'never' },
]

/** Tables whose column `version` is another's: copies of records, and what is nobody's business outside. */
const NOT_RECORDS = [
  'people',
  'deliveries',
  'webhook_deliveries',
  'work_products',
  'product_supplies',
  'task_filters',
  'task_records',
  'work_items',
]

type Version = { readonly id: string; readonly version: number }

/** Every committed change has one event, and no event tells of a change that is not committed. */
export async function checkRecords(evidence: Evidence): Promise<Violation[]> {
  const violations = findUnknownTables(evidence)
  const bySubject = Map.groupBy(evidence.log, ({ subject }) => subject)
  for (const kind of RECORDS) {
    if (!evidence.tables.has(kind.table)) continue
    const rows = await rowsOf<Version>(
      evidence.db,
      `select id, ${kind.version} as version from ${kind.table}`,
    )
    const known = new Set(rows.map(({ id }) => `${kind.prefix}/${id}`))
    for (const { id, version } of rows) {
      const subject = `${kind.prefix}/${id}`
      const events = bySubject.get(subject) ?? []
      violations.push(...compare(subject, version, events), ...checkFirst(kind, subject, events))
    }
    for (const [subject, events] of bySubject) {
      if (subject.startsWith(`${kind.prefix}/`) && !known.has(subject))
        violations.push(...checkGone(kind, subject, events))
    }
  }
  for (const [subject, events] of bySubject) {
    if (!RECORDS.some(({ prefix }) => subject.startsWith(`${prefix}/`)))
      violations.push(...findRepeats(subject, events))
  }
  return violations
}

function findUnknownTables({ tables }: Evidence): Violation[] {
  const unknown = [...tables]
    .filter(([, columns]) => columns.has('id') && columns.has('version'))
    .map(([table]) => table)
    .filter((table) => !RECORDS.some((kind) => kind.table === table) && !NOT_RECORDS.includes(table))
  return each(
    'I3-event',
    unknown,
    (table) => `the checker does not know whether the table ${table} holds records`,
  )
}

function compare(subject: string, version: number, events: readonly LogRow[]): Violation[] {
  const counts = countVersions(events)
  const violations: Violation[] = []
  for (let expected = 1; expected <= version; expected += 1) {
    const count = counts.get(expected) ?? 0
    if (count === 1) continue
    const message = `${subject} has ${count} events of its version ${expected}, of ${version}`
    violations.push({ invariant: 'I3-event', message })
  }
  for (const announced of counts.keys()) {
    if (announced >= 1 && announced <= version) continue
    const message = `${subject} is at version ${version} and has an event of version ${announced}`
    violations.push({ invariant: 'I4', message })
  }
  return violations
}

function checkFirst({ first }: RecordKind, subject: string, events: readonly LogRow[]): Violation[] {
  if (first === null) return []
  const count = events.filter(({ type, record_version: version }) => type === first && version === 1).length
  const all = events.filter(({ type }) => type === first).length
  if (count === 1 && all === 1) return []
  return [{ invariant: 'I3-event', message: `${subject} has ${all} events ${first}, ${count} of version 1` }]
}

/** A record that is no longer there must have ended as its kind may end. */
function checkGone(kind: RecordKind, subject: string, events: readonly LogRow[]): Violation[] {
  const last = events.reduce((a, b) => (b.record_version > a.record_version ? b : a), firstOf(events))
  const isAllowed = kind.gone === 'any time' || kind.gone === `after ${last.type}`
  if (!isAllowed) {
    const message = `${subject} has the event ${last.type} and is not in the table ${kind.table}`
    return [{ invariant: 'I4', message }]
  }
  return [...compare(subject, last.record_version, events), ...checkFirst(kind, subject, events)]
}

function findRepeats(subject: string, events: readonly LogRow[]): Violation[] {
  const repeated = [...countVersions(events)].filter(([version, count]) => version > 0 && count > 1)
  return repeated.map(([version, count]) => ({
    invariant: 'I3-event',
    message: `${subject} has ${count} events of its version ${version}`,
  }))
}

function countVersions(events: readonly LogRow[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const { record_version: version } of events) counts.set(version, (counts.get(version) ?? 0) + 1)
  return counts
}

function firstOf<Item>([item]: readonly Item[]): Item {
  if (item === undefined) throw new RangeError('expected at least one')
  return item
}
