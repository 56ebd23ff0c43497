import { type Evidence, rowsOf } from './evidence.ts'
import type { InboxRow } from './inbox.ts'
import { each, type Violation } from './violation.ts'

const CONSUMER = 'notifications.orders'
/** Older events are no news to anybody. */
const NEWS_MS = 7 * 24 * 60 * 60 * 1_000

type Delivery = { readonly dedupe_key: string; readonly state: string }
type Notice = { readonly user_id: string; readonly subject: string; readonly kind: string }
type OrderEvent = {
  readonly type: string
  readonly orderId: string
  readonly subject: string
  readonly buyer: string
  readonly isByBuyer: boolean
}

/**
 * Each event of an order that was handled told its buyer once in the application, unless they did it themselves; an
 * order that was placed has one letter, and the letter has gone out.
 */
export async function checkNotices(evidence: Evidence, rows: readonly InboxRow[]): Promise<Violation[]> {
  const { db, tables, isSettled } = evidence
  if (!tables.has('notifications') || !tables.has('deliveries')) return []
  const events = handledOrderEvents(evidence, rows)
  const deliveries = await rowsOf<Delivery>(db, 'select dedupe_key, state from deliveries')
  const notices = await rowsOf<Notice>(db, 'select user_id, subject, kind from notifications')
  const byKey = Map.groupBy(deliveries, (delivery) => delivery.dedupe_key)
  const letters = events
    .filter(({ type }) => type === 'order_created')
    .map(({ orderId }) => ({ orderId, letters: byKey.get(`order_confirmation:${orderId}`) ?? [] }))
  const count = Map.groupBy(notices, (notice) => `${notice.kind} of ${notice.subject} to ${notice.user_id}`)
  const told = events
    .filter(({ type, isByBuyer }) => type === 'order_created' || !isByBuyer)
    .map(({ type, subject, buyer }) => `${type} of ${subject} to ${buyer}`)
  const unsent = deliveries.filter(({ state }) => state !== 'sent')
  return [
    ...each(
      'I3-effect',
      letters
        .filter((order) => order.letters.length !== 1)
        .map((order) => `${order.orderId} has ${order.letters.length} letters`),
      (what) => `the order ${what}`,
    ),
    ...each(
      'I3-effect',
      isSettled ? unsent.map((delivery) => `${delivery.dedupe_key} is ${delivery.state}`) : [],
      (what) => `the letter ${what}`,
    ),
    ...each(
      'I3-effect',
      [...new Set(told)].filter((what) => count.get(what)?.length !== 1),
      (what) => `the notification ${what} is there ${count.get(what)?.length ?? 0} times`,
    ),
    ...each(
      'I4',
      [...count.keys()].filter((what) => what.startsWith('order_') && !told.includes(what)),
      (what) => `the notification ${what} tells of no event that was handled`,
    ),
  ]
}

function handledOrderEvents({ log }: Evidence, rows: readonly InboxRow[]): OrderEvent[] {
  const handledAt = new Map(
    rows.flatMap((row) =>
      row.consumer === CONSUMER && row.handled_at !== null ? [[row.event_id, row.handled_at] as const] : [],
    ),
  )
  return log.flatMap((event) => {
    const at = handledAt.get(event.id)
    if (at === undefined || at.getTime() - event.occurred_at.getTime() > NEWS_MS) return []
    const data: unknown = JSON.parse(event.data)
    const buyer: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'user_id') : null
    return {
      type: event.type,
      orderId: event.subject.replace('order/', ''),
      subject: event.subject,
      buyer: String(buyer),
      isByBuyer: event.actor_id === buyer,
    }
  })
}
