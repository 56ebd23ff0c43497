import assert from 'node:assert/strict'
import type { Kysely } from 'kysely'
import type { IdentityTables } from '#modules/identity'
import type { ShopTables } from '#modules/shop'
import type { WorkOrderTables } from '#modules/workorders'

export type WorkshopTables = IdentityTables & ShopTables & WorkOrderTables

type Reply = {
  readonly status: number
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any
}

/** Sends a request to whichever server there is, in-process or over a socket. */
export type Send = (
  method: string,
  path: string,
  options: { readonly token: string; readonly body?: object; readonly key?: string },
) => Promise<Reply>

/** Who is in the story. Every request has a key of its own, so that a step may be taken again. */
export type Workshop = {
  readonly send: Send
  readonly manager: string
  readonly buyer: string
  readonly productId: string
}

/** How much each of the three orders lacks, in the sequence in which they are placed. */
export const SHORT = { first: 2, second: 3, third: 5 } as const
type Name = keyof typeof SHORT

export type Step = {
  readonly name: string
  /** May be taken again when nobody knows whether it was taken. */
  readonly take: (workshop: Workshop) => Promise<void>
  /** How many units the orders wait for and how many the work order is for, once all has had its effect. */
  readonly leads: {
    readonly waiting: readonly [number, number, number]
    readonly quantity: number
    readonly status: string
  }
}

/** What is made to order, with three orders that wait for it, from the first of them to the end. */
export const story: readonly Step[] = [
  {
    name: 'the first order',
    take: async (workshop) => await place(workshop, 'first'),
    leads: { waiting: [2, 0, 0], quantity: 2, status: 'pending' },
  },
  {
    name: 'the second order',
    take: async (workshop) => await place(workshop, 'second'),
    leads: { waiting: [2, 3, 0], quantity: 5, status: 'pending' },
  },
  {
    name: 'the third order',
    take: async (workshop) => await place(workshop, 'third'),
    leads: { waiting: [2, 3, 5], quantity: 10, status: 'pending' },
  },
  {
    name: 'the start',
    take: async (workshop) => await move(workshop, { status: 'in_progress' }),
    leads: { waiting: [2, 3, 5], quantity: 10, status: 'in_progress' },
  },
  {
    name: 'four good and one scrap',
    take: async (workshop) =>
      await report(workshop, 'progress-1', { note: 'Pagi', quantity: 4, scrap: 1, scrap_reason: 'machine' }),
    leads: { waiting: [0, 1, 5], quantity: 10, status: 'in_progress' },
  },
  {
    name: 'the hold',
    take: async (workshop) =>
      await move(workshop, { status: 'on_hold', hold_reason: 'material', note: 'Kayu habis' }),
    leads: { waiting: [0, 1, 5], quantity: 10, status: 'on_hold' },
  },
  {
    name: 'the end of the hold',
    take: async (workshop) => await move(workshop, { status: 'in_progress' }),
    leads: { waiting: [0, 1, 5], quantity: 10, status: 'in_progress' },
  },
  {
    name: 'the third order is cancelled',
    take: async (workshop) => {
      const id = await findOrderId(workshop, 'third')
      await must(workshop, 'POST', `/transactions/${id}/cancel`, { key: 'cancel-third', body: {} })
    },
    leads: { waiting: [0, 1, 0], quantity: 5, status: 'in_progress' },
  },
  {
    name: 'the four are taken back',
    take: async (workshop) => {
      const path = `/workorders/${await findWorkOrderId(workshop)}/entries`
      const { data } = await must(workshop, 'GET', path)
      const entry = data.find(
        (each: { kind: string; quantity: number }) => each.kind === 'good' && each.quantity === 4,
      )
      await must(workshop, 'POST', `${path}/${entry.id}/reverse`, { key: 'reverse-1', body: {} })
    },
    leads: { waiting: [2, 3, 0], quantity: 5, status: 'in_progress' },
  },
  {
    name: 'five good',
    take: async (workshop) => await report(workshop, 'progress-2', { note: 'Sore', quantity: 5 }),
    leads: { waiting: [0, 0, 0], quantity: 5, status: 'completed' },
  },
]

type Ask = { readonly key?: string; readonly body?: object; readonly token?: string }

// oxlint-disable-next-line typescript/no-explicit-any
async function must({ send, manager }: Workshop, method: string, path: string, ask: Ask = {}): Promise<any> {
  const { status, text, body } = await send(method, `/api/v1${path}`, { token: manager, ...ask })
  assert.ok(status < 300, `${method} ${path}: ${status} ${text}`)
  return body
}

async function place(workshop: Workshop, name: Name): Promise<void> {
  await must(workshop, 'POST', '/transactions', {
    token: workshop.buyer,
    key: `place-${name}`,
    body: { products: [{ id: workshop.productId, qty: SHORT[name] }], note: name },
  })
}

async function report(workshop: Workshop, key: string, body: object): Promise<void> {
  await must(workshop, 'POST', `/workorders/${await findWorkOrderId(workshop)}/progress`, { key, body })
}

type Move = { readonly status: string; readonly hold_reason?: string; readonly note?: string }

/** A change of status has no key: it is there already when it was taken before. */
async function move(workshop: Workshop, body: Move): Promise<void> {
  const path = `/workorders/${await findWorkOrderId(workshop)}`
  const { status } = await must(workshop, 'GET', path)
  if (status !== body.status) await must(workshop, 'PUT', `${path}/status`, { body })
}

/** The one that is made for the orders; there is never another one. */
export async function findWorkOrderId(workshop: Workshop): Promise<string> {
  const { data } = await must(workshop, 'GET', `/workorders?product_id=${workshop.productId}`)
  assert.equal(data.length, 1, 'there is one work order for the product')
  return data[0].id
}

export async function findOrderId(workshop: Workshop, name: Name): Promise<string> {
  const { data } = await must(workshop, 'GET', '/transactions')
  return data.find((order: { note: string }) => order.note === name).id
}

/** What is left when all has had its effect, without times, ids and how often anything changed. */
export async function endState(db: Kysely<WorkshopTables>, productId: string) {
  const orders = await db.selectFrom('orders').selectAll().orderBy('note').execute()
  const workOrders = await db
    .selectFrom('work_orders')
    .selectAll()
    .where('product_id', '=', productId)
    .execute()
  const names = new Map(orders.map(({ id, note }) => [id, note]))
  const lines = await db.selectFrom('order_lines').selectAll().where('product_id', '=', productId).execute()
  const ledger = await db
    .selectFrom('stock_entries')
    .selectAll()
    .where('product_id', '=', productId)
    .orderBy('id')
    .execute()
  const output = await db.selectFrom('production_entries').selectAll().orderBy('id').execute()
  const { stock } = await db
    .selectFrom('products')
    .select('stock')
    .where('id', '=', productId)
    .executeTakeFirstOrThrow()
  const supplies = await db.selectFrom('product_supplies').selectAll().execute()
  const demand = await db
    .selectFrom('product_demands')
    .selectAll()
    .where('id', '=', productId)
    .executeTakeFirst()
  return {
    orders: orders.map(({ note, status, total_minor }) => ({ note, status, total_minor })),
    lines: lines
      .map(({ order_id, quantity, waiting, promised_on }) => ({
        order: names.get(order_id) ?? null,
        quantity,
        waiting: waiting ?? 0,
        isPromised: promised_on !== null,
      }))
      .toSorted((a, b) => ((a.order ?? '') < (b.order ?? '') ? -1 : 1)),
    stock,
    ledger: ledger.map(({ kind, quantity, balance, order_id, work_order_id }) => ({
      kind,
      quantity,
      balance,
      order: order_id === null ? null : (names.get(order_id) ?? 'of nobody'),
      isProduction: work_order_id !== null,
    })),
    workOrders: workOrders.map(({ origin, status, quantity, demand_key }) => ({
      origin,
      status,
      quantity,
      isOpenForDemand: demand_key !== null,
    })),
    output: output.map(({ kind, quantity, scrap_reason }) => ({ kind, quantity, scrap_reason })),
    demand: demand === undefined ? null : { waiting: demand.waiting, received: demand.received },
    supplies: supplies.map(({ status, quantity, good }) => ({ status, quantity, good })),
  }
}

/** Whether all that the step leads to is there. */
export async function hasLedTo(
  db: Kysely<WorkshopTables>,
  { leads: { waiting, quantity, status } }: Step,
): Promise<boolean> {
  const lines = await db
    .selectFrom('order_lines')
    .innerJoin('orders', 'orders.id', 'order_lines.order_id')
    .select(['orders.note', 'order_lines.waiting'])
    .execute()
  const left = Object.keys(SHORT).map((name) => lines.find(({ note }) => note === name)?.waiting ?? 0)
  const orders = await db.selectFrom('work_orders').select(['quantity', 'status']).execute()
  return (
    left.every((units, index) => units === waiting[index]) &&
    orders.length === 1 &&
    orders.every((order) => order.quantity === quantity && order.status === status)
  )
}
