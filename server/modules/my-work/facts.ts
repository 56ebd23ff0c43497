import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { addDays, type BusinessDays } from '#platform/business-days'
import type { EventEnvelope } from '#platform/events/envelope'
import { Nullable } from '#platform/http/schemas'

export const workKinds = ['task', 'ticket', 'work_order', 'order', 'payment'] as const
export type WorkKind = (typeof workKinds)[number]

/** What an event tells of a record that somebody may have to see to. */
export type Facts = {
  readonly id: string
  readonly kind: WorkKind
  readonly number: string | null
  readonly title: string
  readonly status: string
  readonly priority: string | null
  readonly dueAt: Date | null
  /** Whose turn it is; nobody's where both are empty. */
  readonly userIds: readonly string[]
  readonly permission: string | null
  /** The record's own: an event of a ticket's clock, which has versions of its own, tells of the whole ticket. */
  readonly version: number
}
type Told = Omit<Facts, 'version'>

/** What is needed here of what the other modules tell; the rest is their own affair. */
const Moment = Type.Optional(Nullable(Type.String({ format: 'date-time' })))
const Someone = Type.Optional(Nullable(Type.String()))

const task = Compile(
  Type.Object({
    task_id: Type.String(),
    title: Type.String(),
    status: Type.String(),
    priority: Type.String(),
    owner_id: Type.String(),
    assignee_id: Someone,
    due_at: Moment,
    expires_at: Moment,
    archived: Type.Optional(Type.Boolean()),
  }),
)
const ticket = Compile(
  Type.Object({
    ticket_id: Type.String(),
    number: Type.String(),
    title: Type.String(),
    status: Type.String(),
    pending_reason: Someone,
    pending_until: Moment,
    first_response_due_at: Moment,
    resolution_due_at: Moment,
    customer_id: Type.String(),
    assignee_id: Someone,
    priority_id: Type.Integer(),
    version: Type.Integer(),
  }),
)
const workOrder = Compile(
  Type.Object({
    work_order_id: Type.String(),
    number: Type.String(),
    product_name: Type.String(),
    status: Type.String(),
    priority: Type.String(),
    operator_ids: Type.Array(Type.String()),
    deadline: Type.String({ format: 'date-time' }),
  }),
)
const order = Compile(
  Type.Object({
    order_id: Type.String(),
    number: Type.String(),
    user_id: Type.String(),
    status: Type.String(),
    hold_until: Moment,
    products: Type.Array(
      Type.Object({
        name: Type.String(),
        quantity: Type.Integer(),
        promised_on: Type.Optional(Nullable(Type.String({ format: 'date' }))),
      }),
    ),
  }),
)
const payment = Compile(
  Type.Object({ payment_id: Type.String(), method: Type.String(), state: Type.String() }),
)

/** Those that carry the whole of a record. */
export const workEventTypes = [
  'task.created',
  'task.updated',
  'task.completed',
  'task.expiring',
  'task.expired',
  'task.reminded',
  'task.deleted',
  'ticket.created',
  'ticket.updated',
  'ticket.status_changed',
  'ticket.rated',
  'ticket.merged',
  'ticket.linked',
  'ticket.unlinked',
  'ticket.rework_requested',
  'ticket.sla_warned',
  'ticket.sla_breached',
  'work_order.created',
  'work_order.updated',
  'work_order.status_changed',
  'work_order.output_logged',
  'work_order.overdue',
  'order_*',
  'payment.recorded',
  'payment.updated',
  'payment.confirmed',
  'payment.rejected',
] as const

/** Throws on an event that does not tell what its type promises, so that it is parked for somebody to look at. */
export function readFacts(
  { type, data, recordversion: version }: Pick<EventEnvelope, 'type' | 'data' | 'recordversion'>,
  businessDays: BusinessDays,
): Facts {
  if (type.startsWith('ticket.')) return readTicket(data)
  if (type.startsWith('task.')) return { ...readTask(data, type), version }
  if (type.startsWith('work_order.')) return { ...readWorkOrder(data), version }
  if (type.startsWith('payment.')) return { ...readPayment(data), version }
  return { ...readOrder(data, businessDays), version }
}

const NOBODY = { userIds: [], permission: null } as const

/** It is for whom it was given to, else its owner's. */
function readTask(data: unknown, type: string): Told {
  const { task_id: id, title, status, priority, ...rest } = task.Parse(data)
  const isOver =
    type === 'task.deleted' || rest.archived === true || !['open', 'in_progress'].includes(status)
  return {
    id,
    kind: 'task',
    number: null,
    title,
    status,
    priority,
    dueAt: earliest(rest.due_at, rest.expires_at),
    ...(isOver ? NOBODY : { userIds: [rest.assignee_id ?? rest.owner_id], permission: null }),
  }
}

const TICKET_PRIORITIES = ['low', 'medium', 'high', 'urgent', 'critical']

/**
 * It is the agent's, the desk's where it has none, and the customer's while it waits for their answer or their word; its
 * clocks stand still then, so that nothing is due.
 */
function readTicket(data: unknown): Facts {
  const { ticket_id: id, number, title, status, ...rest } = ticket.Parse(data)
  const isWithCustomer = status === 'solved' || (status === 'pending' && rest.pending_reason === 'customer')
  return {
    id,
    kind: 'ticket',
    number,
    title,
    status,
    priority: TICKET_PRIORITIES[rest.priority_id - 1] ?? null,
    dueAt: earliest(rest.first_response_due_at, rest.resolution_due_at, rest.pending_until),
    version: rest.version,
    ...turnOf(),
  }

  function turnOf(): Pick<Facts, 'userIds' | 'permission'> {
    if (status === 'closed' || status === 'cancelled') return NOBODY
    if (isWithCustomer) return { userIds: [rest.customer_id], permission: null }
    if (typeof rest.assignee_id === 'string') return { userIds: [rest.assignee_id], permission: null }
    return { userIds: [], permission: 'tickets:write_any' }
  }
}

/** It is for those who work on it, or for who gives it to somebody. */
function readWorkOrder(data: unknown): Told {
  const { work_order_id: id, number, product_name: title, status, ...rest } = workOrder.Parse(data)
  const facts = { id, number, title, status, priority: rest.priority, dueAt: new Date(rest.deadline) }
  const isOver = status === 'completed' || status === 'cancelled'
  const isGiven = rest.operator_ids.length > 0
  return {
    kind: 'work_order',
    ...facts,
    ...(isOver ? NOBODY : { userIds: rest.operator_ids, permission: isGiven ? null : 'workorders:write' }),
  }
}

/** The buyer pays it while it is held; then staff send it, by the last day that was promised. */
function readOrder(data: unknown, businessDays: BusinessDays): Told {
  const { order_id: id, number, user_id: buyerId, status, hold_until: until, products } = order.Parse(data)
  const promised = products.map((line) => line.promised_on).filter((day) => typeof day === 'string')
  const lastDay = promised.toSorted().at(-1)
  const title = products.map(({ name, quantity }) => `${quantity} × ${name}`).join(', ')
  const facts = { id, number, title: title.slice(0, 300), status, priority: null }
  if (status === 'pending_payment')
    return { kind: 'order', ...facts, dueAt: earliest(until), userIds: [buyerId], permission: null }
  const isToSend = status === 'paid' || status === 'processing'
  return {
    kind: 'order',
    ...facts,
    dueAt: lastDay === undefined ? null : businessDays.startOf(addDays(lastDay, 1)),
    ...(isToSend ? { userIds: [], permission: 'transactions:write_any' } : NOBODY),
  }
}

function readPayment(data: unknown): Told {
  const { payment_id: id, method, state } = payment.Parse(data)
  return {
    id,
    kind: 'payment',
    number: null,
    title: method,
    status: state,
    priority: null,
    dueAt: null,
    ...(state === 'pending' ? { userIds: [], permission: 'transactions:confirm' } : NOBODY),
  }
}

function earliest(...times: readonly (string | null | undefined)[]): Date | null {
  const known = times.filter((time) => typeof time === 'string').map((time) => Date.parse(time))
  return known.length === 0 ? null : new Date(Math.min(...known))
}
