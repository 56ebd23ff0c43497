import assert from 'node:assert/strict'
import { createBusinessDays } from '#platform/business-days'
import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { EventConsumer } from '#platform/events/consumer'
import type { EventEnvelope } from '#platform/events/envelope'
import { createOutbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { createLog } from '#platform/telemetry/log'
import { createTimers } from '#platform/timers/sweep'
import type { Backend } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { WorkOrderParts } from './parts.ts'
import type { WorkOrder } from './schemas.ts'
import { startTestFloor, type TestFloor } from './test-floor.ts'

const call: Call<unknown> = systemCall
const ZONE = 'Asia/Jakarta'

/** What the shop says of a product: units that orders wait for, and units of ours that it has counted. */
export type Told = { readonly waiting: number; readonly received?: number }

export type DemandScene = TestFloor & {
  readonly parts: WorkOrderParts
  /** Announces a product of the shop and answers its id once it is known here. */
  readonly sell: (name?: string) => Promise<string>
  /** Announces the next version of a product's demand, as the shop would, and waits for its effect. */
  readonly tell: (productId: string, told: Told) => Promise<void>
  /** Everything that was ever opened to make the product, the oldest first. */
  readonly ordersOf: (productId: string) => Promise<readonly WorkOrder[]>
  /** The one that is made for those who wait, which there must be. */
  readonly openFor: (productId: string) => Promise<WorkOrder>
  /** Has a consumer handle an event here and now, whatever the inbox would say. */
  readonly handle: (consumer: EventConsumer, event: EventEnvelope) => Promise<void>
}

/** A shop floor by itself: the shop is another service, of which there are only the events. */
export async function startDemandScene(backend: Backend): Promise<DemandScene> {
  const floor = await startTestFloor(backend, { environment: { KARYA_MODULES: 'identity,workorders' } })
  const { db, clock } = floor
  const outbox = createOutbox({ clock, ids: systemIds, traceparent: () => null })
  const log = createLog({ level: 'error', destination: { write: () => undefined } })
  const versions = new Map<string, number>()
  const bell = await floor.openOrder()

  /** The relay hears of what this process's own server commits, and looks for the rest once in a while. */
  async function ring(): Promise<void> {
    const url = `/api/v1/workorders/${bell.id}/comments`
    const answer = await floor.ask('POST', url, { token: floor.manager.token, body: { text: 'Ada kabar' } })
    assert.equal(answer.status, 201, answer.text)
  }

  async function read(url: string) {
    const answer = await floor.ask('GET', url, { token: floor.manager.token })
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }

  async function ordersOf(productId: string): Promise<readonly WorkOrder[]> {
    return (await read(`/api/v1/workorders?product_id=${productId}&sort=created_at&limit=100`)).data
  }

  return {
    ...floor,
    parts: {
      db,
      clock,
      ids: systemIds,
      outbox,
      timers: createTimers({ db, clock, log }),
      businessDays: createBusinessDays(ZONE),
    },
    ordersOf,

    async sell(name = 'Meja') {
      const id = systemIds.next()
      await transaction(db, call, async (trx) => {
        const data = { id, name, sku: null, on_hand: 0 }
        await outbox.append(trx, systemCall, productEvent({ id, data }))
      })
      await ring()
      await eventually(
        async () => await db.selectFrom('work_products').select('id').where('id', '=', id).execute(),
        (rows) => rows.length === 1,
      )
      return id
    },

    async tell(productId, told) {
      const version = (versions.get(productId) ?? 0) + 1
      versions.set(productId, version)
      await transaction(db, call, async (trx) => {
        await outbox.append(trx, systemCall, {
          type: 'product_demand.changed',
          subject: `product_demand/${productId}`,
          recordVersion: version,
          data: demandData(productId, told, version),
        })
      })
      await ring()
      await eventually(
        async () =>
          await db
            .selectFrom('work_demands')
            .select('version')
            .where('product_id', '=', productId)
            .executeTakeFirst(),
        (row) => row?.version === version,
      )
    },

    async openFor(productId) {
      const open = (await ordersOf(productId)).filter(
        ({ origin, status }) => origin === 'demand' && status !== 'completed' && status !== 'cancelled',
      )
      const [order] = open
      assert.ok(order !== undefined && open.length === 1, `${open.length} orders are open`)
      return order
    },

    async handle(consumer, event) {
      await transaction(db, call, async (trx) => await consumer.handle(event, trx))
    },
  }
}

export function demandData(productId: string, { waiting, received = 0 }: Told, version: number) {
  return { product_id: productId, name: 'Meja', policy: 'backorder', waiting, received, version }
}

type ProductNews = { readonly id: string; readonly data: Readonly<Record<string, unknown>> }

function productEvent({ id, data }: ProductNews) {
  return { type: 'product.created', subject: `product/${id}`, recordVersion: 1, data }
}

type News = Pick<EventEnvelope, 'type' | 'subject' | 'data' | 'recordversion'>

/** An event as it comes from another service. */
export function envelopeOf(news: News): EventEnvelope {
  return {
    specversion: '1.0',
    id: systemIds.next(),
    source: '/karya/elsewhere',
    time: '2026-11-21T05:00:00.000Z',
    datacontenttype: 'application/json',
    dataschema: `urn:karya:event-schema:${news.type}`,
    position: 1,
    ...news,
  }
}
