import { systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { isWanted } from '#platform/events/consumer'
import type { EventEnvelope } from '#platform/events/envelope'
import { createOutbox, type Outbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import type { Mail } from '#platform/mail/mail'
import { createLog } from '#platform/telemetry/log'
import { createTimers } from '#platform/timers/sweep'
import type { TimerKind, Timers } from '#platform/timers/timer'
import type { Backend } from '#tests/backends'
import { createEventPlace } from '#tests/event-place'
import { createNotifications } from './notifications.ts'
import type { NotificationTables } from './table.ts'

type Options = {
  readonly mailer?: (mail: Mail) => Promise<void>
  readonly outbox?: Outbox
  readonly timers?: Timers
}

/** The module on a database by itself: no server, no relay, and no sweep, so that a test does each step by hand. */
export async function startTestConsumer(backend: Backend) {
  const at = await createEventPlace(backend)
  const db = at.database.db.withTables<NotificationTables>()
  let aheadMs = 0
  const clock = { now: () => new Date(Date.now() + aheadMs) }
  const log = createLog({ level: 'silent' })

  function make({ mailer = async () => {}, outbox, timers }: Options = {}) {
    const made = createNotifications({
      db,
      clock,
      ids: systemIds,
      outbox: outbox ?? createOutbox({ clock, ids: systemIds, traceparent: () => null, onCommit: () => {} }),
      timers: timers ?? createTimers({ db: at.database.db, clock, log }),
      log,
      mailer: { send: mailer, close() {} },
      defaultLanguage: 'en',
      businessZone: 'Asia/Jakarta',
    })
    return {
      /** Has it handled as if it had been asked for, whatever it is. */
      async handle(event: EventEnvelope): Promise<void> {
        const wanted = made.consumers.filter((each) => isWanted(each, event, systemIds.next()))
        await transaction<NotificationTables, unknown>(db, systemCall, async (trx) => {
          for (const each of wanted.length === 0 ? made.consumers : wanted) await each.handle(event, trx)
        })
      },
      timerKind(kind: string): TimerKind {
        const found = made.timerKinds.find((each) => each.kind === kind)
        if (found === undefined) throw new TypeError(`there is no timer kind ${kind}`)
        return found
      },
    }
  }

  return {
    db,
    platform: at.database.db,
    make,
    clock,
    advance(ms: number) {
      aheadMs += ms
    },
    remove: at.remove,
  }
}

export type TestConsumer = Awaited<ReturnType<typeof startTestConsumer>>

type Told = {
  readonly type?: string
  readonly orderId?: string
  readonly userId?: string
  readonly actorId?: string
  readonly at?: Date
}

/** An order's event as the shop tells of it. */
export function orderEvent(told: Told = {}): EventEnvelope {
  const {
    type = 'order_created',
    orderId = systemIds.next(),
    userId = systemIds.next(),
    actorId = userId,
  } = told
  const time = (told.at ?? new Date()).toISOString()
  return {
    specversion: '1.0',
    id: systemIds.next(),
    source: '/karya/0190a000-0000-7000-8000-000000000000',
    type,
    subject: `order/${orderId}`,
    time,
    datacontenttype: 'application/json',
    dataschema: `urn:karya:event-schema:${type}`,
    position: 1,
    recordversion: 1,
    actorid: actorId,
    data: {
      order_id: orderId,
      id: orderId,
      number: `ORD-20261121-${orderId.slice(-8).toUpperCase()}`,
      user_id: userId,
      user_email: 'budi@karya.test',
      status: 'pending_payment',
      total_price: 30_000,
      products: [
        {
          product_id: systemIds.next(),
          sku: null,
          name: 'Kopi',
          price: 15_000,
          quantity: 2,
          subtotal: 30_000,
        },
      ],
      created_at: time,
    },
  }
}
