import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { EventEnvelope } from '#platform/events/envelope'
import { Nullable } from '#platform/http/schemas'
import type { recordKinds } from './lifecycle.ts'

type RecordKind = (typeof recordKinds)[number]

/** What an event tells of a record that tasks may hang on. */
export type RecordFacts = {
  readonly id: string
  readonly kind: RecordKind
  readonly label: string
  readonly state: string
  readonly dueAt: Date | null
  /** Who may see it besides those who see all of its kind; `*` for everybody. */
  readonly viewerIds: readonly string[]
  /** The record's own: an event of a ticket's clock, which has versions of its own, tells of the whole ticket. */
  readonly version: number
}
type Told = Omit<RecordFacts, 'version'>

/** What is needed here of what the other modules tell; the rest is their own affair. */
const Moment = Type.String({ format: 'date-time' })
const order = Compile(
  Type.Object({
    order_id: Type.String(),
    number: Type.String(),
    user_id: Type.String(),
    status: Type.String(),
    hold_until: Type.Optional(Nullable(Moment)),
  }),
)
const workOrder = Compile(
  Type.Object({
    work_order_id: Type.String(),
    number: Type.String(),
    status: Type.String(),
    deadline: Moment,
  }),
)
const ticket = Compile(
  Type.Object({
    ticket_id: Type.String(),
    number: Type.String(),
    status: Type.String(),
    pending_until: Type.Optional(Nullable(Moment)),
    resolution_due_at: Type.Optional(Nullable(Moment)),
    creator_id: Type.String(),
    customer_id: Type.String(),
    watcher_ids: Type.Optional(Type.Array(Type.String())),
    version: Type.Integer(),
  }),
)
const product = Compile(Type.Object({ id: Type.String(), name: Type.String(), active: Type.Boolean() }))

const ORDERS = ['order_*'] as const
const WORK_ORDERS = [
  'work_order.created',
  'work_order.updated',
  'work_order.status_changed',
  'work_order.output_logged',
  'work_order.overdue',
] as const
const TICKETS = [
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
] as const
const PRODUCTS = ['product.created', 'product.updated', 'product.deleted'] as const

export const recordEventTypes = [...ORDERS, ...WORK_ORDERS, ...TICKETS, ...PRODUCTS] as const

export const EVERYBODY = '*'

/** Throws on an event that does not tell what its type promises, so that it is parked for somebody to look at. */
export function readFacts({
  type,
  data,
  recordversion: version,
}: Pick<EventEnvelope, 'type' | 'data' | 'recordversion'>): RecordFacts {
  if (type.startsWith('ticket.')) return readTicket(data)
  if (type.startsWith('order_')) return { ...readOrder(data), version }
  if (type.startsWith('work_order.')) return { ...readWorkOrder(data), version }
  return { ...readProduct(data, type), version }
}

/** Its deadline is the end of the time for which its goods are held. */
function readOrder(data: unknown): Told {
  const {
    order_id: id,
    number: label,
    user_id: buyerId,
    status: state,
    hold_until: until,
  } = order.Parse(data)
  return { id, kind: 'order', label, state, dueAt: momentOf(until), viewerIds: [buyerId] }
}

function readWorkOrder(data: unknown): Told {
  const { work_order_id: id, number: label, status: state, deadline } = workOrder.Parse(data)
  return { id, kind: 'work_order', label, state, dueAt: new Date(deadline), viewerIds: [] }
}

/** Its deadline is that of its solution, or the end of its waiting where it has none. */
function readTicket(data: unknown): RecordFacts {
  const { ticket_id: id, number: label, status: state, version, ...rest } = ticket.Parse(data)
  const viewerIds = [rest.creator_id, rest.customer_id, ...(rest.watcher_ids ?? [])]
  const dueAt = momentOf(rest.resolution_due_at ?? rest.pending_until)
  return { id, kind: 'ticket', label, state, dueAt, viewerIds: [...new Set(viewerIds)], version }
}

function readProduct(data: unknown, type: string): Told {
  const { id, name, active } = product.Parse(data)
  const isSold = active && type !== 'product.deleted'
  const state = type === 'product.deleted' ? 'deleted' : active ? 'active' : 'inactive'
  return {
    id,
    kind: 'product',
    label: name,
    state,
    dueAt: null,
    viewerIds: isSold ? [EVERYBODY] : [],
  }
}

function momentOf(text: string | null | undefined): Date | null {
  return text === null || text === undefined ? null : new Date(text)
}
