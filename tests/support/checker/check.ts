import { openDatabase } from '#platform/database/open'
import { createLog } from '#platform/telemetry/log'
import { readConfig } from '../../../server/config.ts'
import { type BrokerLog, checkBroker } from './broker.ts'
import { checkEffects, checkOnce, checkPeople, type EffectTable, type OnceTable } from './effects.ts'
import { type Evidence, gather } from './evidence.ts'
import { checkInbox, type Listener } from './inbox.ts'
import { checkJournal, type JournalEntry } from './journal.ts'
import { checkLog } from './log.ts'
import { checkMails, type ReceivedMail } from './mails.ts'
import { checkNotices } from './notices.ts'
import { checkProduction } from './production.ts'
import { checkRecords } from './records.ts'
import { checkShop } from './shop.ts'
import { checkTasks } from './tasks.ts'
import { checkTimers } from './timers.ts'
import type { Violation } from './violation.ts'

/** The consumers that the server has, as `server/modules` declares them, and what they leave behind. */
export const KNOWN_LISTENERS: readonly Listener[] = [
  { name: 'people', types: ['user.*', 'session.revoked'] },
  {
    name: 'notifications.orders',
    types: ['order_created', 'order_paid', 'order_shipped', 'order_completed', 'order_cancelled'],
  },
  {
    name: 'notifications.tasks',
    types: ['task.created', 'task.updated', 'task.expiring', 'task.expired', 'task.reminded'],
  },
  {
    name: 'notifications.tickets',
    types: [
      'ticket.created',
      'ticket.updated',
      'ticket.status_changed',
      'ticket.merged',
      'ticket.replied',
      'ticket.sla_warned',
      'ticket.sla_breached',
    ],
  },
  { name: 'tickets.rework', types: ['work_order.created', 'work_order.status_changed'] },
  { name: 'invgate.people', types: ['user.registered', 'user.updated'], isOptional: true },
  { name: 'activity', types: ['*'], origin: 'elsewhere' },
  {
    name: 'my-work',
    types: [
      ...['created', 'updated', 'completed', 'expiring', 'expired', 'reminded', 'deleted'].map(
        (what) => `task.${what}`,
      ),
      ...[
        'created',
        'updated',
        'status_changed',
        'rated',
        'merged',
        'linked',
        'unlinked',
        'rework_requested',
        'sla_warned',
        'sla_breached',
      ].map((what) => `ticket.${what}`),
      ...['created', 'updated', 'status_changed', 'output_logged', 'overdue'].map(
        (what) => `work_order.${what}`,
      ),
      'order_*',
      ...['recorded', 'updated', 'confirmed', 'rejected'].map((what) => `payment.${what}`),
    ],
  },
  { name: 'webhooks', types: ['*'] },
  {
    name: 'workorders.products',
    types: ['product.created', 'product.updated', 'product.deleted', 'product.stock_changed'],
  },
  { name: 'workorders.rework', types: ['ticket.rework_requested'] },
  { name: 'workorders.demand', types: ['product_demand.changed'] },
  {
    name: 'shop.work_orders',
    types: [
      'work_order.created',
      'work_order.updated',
      'work_order.status_changed',
      'work_order.output_logged',
      'work_order.overdue',
    ],
  },
  { name: 'shop.promises', types: ['product_demand.changed'] },
  {
    name: 'tasks.records',
    types: [
      'order_*',
      'work_order.created',
      'work_order.updated',
      'work_order.status_changed',
      'work_order.output_logged',
      'work_order.overdue',
      'ticket.created',
      'ticket.updated',
      'ticket.rated',
      'ticket.status_changed',
      'ticket.merged',
      'ticket.linked',
      'ticket.unlinked',
      'ticket.rework_requested',
      'ticket.sla_warned',
      'ticket.sla_breached',
      'product.created',
      'product.updated',
      'product.deleted',
    ],
  },
]
const KNOWN_EFFECTS: readonly EffectTable[] = [
  { consumer: 'activity', table: 'foreign_events', event: 'id', except: ['notification.*'] },
]
const KNOWN_ONCE: readonly OnceTable[] = [
  { table: 'deliveries', columns: ['dedupe_key'] },
  // An order is placed once, and a ticket is replied to many times.
  { table: 'notifications', columns: ['user_id', 'kind', 'subject'], where: "kind like 'order%'" },
  { table: 'notifications', columns: ['user_id', 'dedupe_key'] },
  { table: 'webhook_deliveries', columns: ['webhook_id', 'event_id'] },
]

export type Subject = {
  /** With `DATABASE_URL`. */
  readonly environment: Readonly<Record<string, string>>
  readonly brokers?: readonly BrokerLog[]
  /** Everything that a mail sink got; absent when nobody looked. */
  readonly mails?: readonly ReceivedMail[]
  /** Every request for an order since the database was empty; absent when nobody wrote them down. */
  readonly journal?: readonly JournalEntry[]
  /** Consumers that must have been here: of the server, by name, or others. */
  readonly listeners?: readonly Listener[]
  readonly effects?: readonly EffectTable[]
  /** See `checkTimers`. */
  readonly timerEffects?: string
  /** False while something may be under way: what is not there yet is not missing then. */
  readonly isSettled?: boolean
}

export type Findings = {
  readonly violations: readonly Violation[]
  /** How much was looked at, by what it is called. */
  readonly seen: Readonly<Record<string, number>>
}

/** Everything that is wrong; an empty list when nothing is. Nothing may write to the database meanwhile. */
export async function check(subject: Subject): Promise<readonly Violation[]> {
  return (await examine(subject)).violations
}

export async function examine(subject: Subject): Promise<Findings> {
  const { database } = readConfig({ DATABASE_URL: subject.environment['DATABASE_URL'] })
  const { db, close } = await openDatabase({ ...database, log: createLog({ level: 'silent' }) })
  try {
    const evidence = await gather(db, { isSettled: subject.isSettled ?? true })
    return await judge(evidence, subject)
  } finally {
    await close()
  }
}

async function judge(evidence: Evidence, subject: Subject): Promise<Findings> {
  const { brokers = [], mails, journal, listeners = [], effects = [], timerEffects = null } = subject
  const known = KNOWN_LISTENERS.filter(({ name }) => !listeners.some((other) => other.name === name))
  const inbox = await checkInbox(evidence, {
    brokers,
    expected: listeners,
    listeners: [...known, ...listeners],
  })
  const violations = [
    ...(await checkRecords(evidence)),
    ...checkLog(evidence),
    ...brokers.flatMap((broker) => checkBroker(evidence, broker)),
    ...inbox.violations,
    ...(await checkEffects(evidence, { effects: [...KNOWN_EFFECTS, ...effects], ...inbox })),
    ...(await checkOnce(evidence, KNOWN_ONCE)),
    ...(inbox.rows.some(({ consumer }) => consumer === 'people') ? await checkPeople(evidence, brokers) : []),
    ...(await checkNotices(evidence, inbox.rows)),
    ...(mails === undefined ? [] : await checkMails(evidence, mails)),
    ...(await checkShop(evidence)),
    ...(await checkProduction(evidence)),
    ...(journal === undefined ? [] : await checkJournal(evidence, journal)),
    ...(await checkTasks(evidence)),
    ...(await checkTimers(evidence, { effectTable: timerEffects })),
  ]
  return {
    violations,
    seen: {
      events: evidence.log.length,
      ...Object.fromEntries(brokers.map(({ name, messages }) => [`messages at ${name}`, messages.length])),
      'inbox rows': inbox.rows.length,
      'parked events': inbox.rows.filter((row) => row.parked_at !== null && row.handled_at === null).length,
      ...(mails === undefined ? {} : { mails: mails.length }),
      ...(journal === undefined ? {} : { requests: journal.length }),
    },
  }
}
