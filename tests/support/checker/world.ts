import { setTimeout as delay } from 'node:timers/promises'
import type { Backend, Place } from '../backends.ts'
import { eventually } from '../event-place.ts'
import { type Person, startTestApp, type TestApp } from '../test-app.ts'

export type World = { readonly place: Place; readonly app: TestApp }

/** A server in which every kind of record was made, changed and ended, and whose events have all had their effect. */
export async function makeWorld(backend: Backend): Promise<World> {
  const place = await backend.create()
  const app = await startTestApp({ ...backend, create: async () => place })
  await live(app)
  await untilSettled(app)
  return { place, app }
}

async function live({ ask, enrol, administrator }: TestApp): Promise<void> {
  const as = { token: administrator.token }
  const must = async (status: number, ...[method, url, options]: Parameters<TestApp['ask']>) => {
    const answer = await ask(method, url, options)
    if (answer.status !== status) throw new Error(`${method} ${url}: ${answer.text}`)
    return answer.body
  }
  const [buyer, other, leaver] = [await enrol(), await enrol(), await enrol()]
  const category = await must(201, 'POST', '/api/v1/categories', { ...as, body: { name: 'Kopi' } })
  const empty = await must(201, 'POST', '/api/v1/categories', { ...as, body: { name: 'Teh' } })
  await must(200, 'PUT', `/api/v1/categories/${empty.id}`, { ...as, body: { name: 'Teh Hijau' } })
  await must(204, 'DELETE', `/api/v1/categories/${empty.id}`, as)
  const stocked = async (name: string) =>
    await must(201, 'POST', '/api/v1/products', {
      ...as,
      body: { name, price: 15_000, stock: 50, category_id: category.id },
    })
  const [kopi, gula, old] = [
    await stocked('Kopi Gayo'),
    await stocked('Gula Aren'),
    await stocked('Kopi Lama'),
  ]
  await must(200, 'PUT', `/api/v1/products/${gula.id}`, { ...as, body: { price: 9_000, stock: 60 } })
  await must(204, 'DELETE', `/api/v1/products/${old.id}`, as)
  const order = async ({ token }: Person, ...ids: string[]) =>
    await must(201, 'POST', '/api/v1/transactions', {
      token,
      body: { products: ids.map((id) => ({ id, qty: 2 })) },
      headers: {
        'idempotency-key': `order of ${ids.join()} by ${token}`.replaceAll(/\s/g, '-').slice(0, 200),
      },
    })
  const first = await order(buyer, kopi.id, gula.id)
  await order(other, gula.id)
  const cancelled = await order(other, kopi.id)
  await must(200, 'PUT', `/api/v1/transactions/${first.id}/status`, { ...as, body: { status: 'paid' } })
  await must(200, 'PUT', '/api/v1/shop/settings', {
    ...as,
    body: { shipping_fee: 9_000, tax_rate_basis_points: 1_100 },
  })
  const paid = await order(buyer, gula.id)
  const pay = async (amount: number) =>
    await must(201, 'POST', `/api/v1/transactions/${paid.id}/payments`, {
      ...as,
      body: { method: 'transfer', amount },
    })
  const [part, wrong, rest] = [await pay(1_000), await pay(500), await pay(paid.total_price - 1_000)]
  await must(200, 'POST', `/api/v1/payments/${part.id}/confirm`, as)
  await must(200, 'POST', `/api/v1/payments/${wrong.id}/reject`, as)
  await must(200, 'POST', `/api/v1/payments/${rest.id}/confirm`, as)
  await must(200, 'POST', `/api/v1/transactions/${cancelled.id}/cancel`, { token: other.token, body: {} })
  const help = await must(201, 'POST', '/api/v1/tickets', {
    token: buyer.token,
    body: { title: 'Kopi basi', description: 'Dua bungkus berjamur.' },
  })
  const ticket = `/api/v1/tickets/${help.id}`
  await must(200, 'PATCH', ticket, { ...as, body: { assignee_id: administrator.id, tags: ['kopi'] } })
  await must(200, 'PUT', `${ticket}/status`, { ...as, body: { status: 'solved', solution: 'Diganti.' } })
  await must(200, 'POST', `${ticket}/accept`, { token: buyer.token, body: { rating: 5 } })
  const work = await must(201, 'POST', '/api/v1/workorders', {
    ...as,
    body: { product_name: 'Kursi', quantity: 10, deadline: '2099-01-01' },
  })
  const workOrder = `/api/v1/workorders/${work.id}`
  await must(200, 'PUT', `${workOrder}/status`, { ...as, body: { status: 'in_progress' } })
  await must(200, 'POST', `${workOrder}/time/start`, as)
  const report = { note: 'Pagi', quantity: 4, scrap: 1 }
  const { entry_ids: entries } = await must(201, 'POST', `${workOrder}/progress`, { ...as, body: report })
  await must(201, 'POST', `${workOrder}/entries/${entries[0]}/reverse`, as)
  await must(201, 'POST', `${workOrder}/comments`, { ...as, body: { text: 'Salah hitung' } })
  await must(200, 'PUT', `${workOrder}/status`, { ...as, body: { status: 'on_hold', hold_reason: 'other' } })
  const bill = `/api/v1/workorders/bills/${kopi.id}`
  const materials = [{ product_id: gula.id, quantity: 1, per_quantity: 3 }]
  // The work orders know a product once its events have come round.
  await eventually(
    async () => await ask('PUT', bill, { ...as, body: { materials } }),
    ({ status }) => status === 200,
  )
  const packed = await must(201, 'POST', '/api/v1/workorders', {
    ...as,
    body: { product_id: kopi.id, quantity: 10, deadline: '2099-01-01' },
  })
  const made = { status: 'in_progress', quantity: 4, scrap: 1 }
  await must(200, 'PUT', `/api/v1/workorders/${packed.id}/status`, { ...as, body: made })
  await must(204, 'DELETE', bill, as)
  const task = async (body: object) => (await must(201, 'POST', '/api/v1/tasks', { ...as, body })).id
  const ending = await task({ title: 'Panaskan mesin', ttl_seconds: 1 })
  const ahead = await task({ title: 'Bersihkan mesin', ttl_seconds: 86_400, assignee_id: other.id })
  await must(200, 'PATCH', `/api/v1/tasks/${ahead}`, { ...as, body: { status: 'in_progress' } })
  await eventually(
    async () => await ask('GET', `/api/v1/tasks/${ending}`, as),
    ({ body }) => body.status === 'expired',
  )
  await must(200, 'PATCH', `/api/v1/users/${buyer.id}`, { ...as, body: { name: 'Siti Aminah' } })
  await must(200, 'PATCH', `/api/v1/users/${other.id}`, { ...as, body: { disabled: true } })
  await must(204, 'DELETE', `/api/v1/users/${leaver.id}`, as)
}

/** Waits until nothing is left to do for anybody. */
async function untilSettled({ db }: TestApp, limitMs = 20_000): Promise<void> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const head = await findHead()
    const readers = await db.selectFrom('event_readers').select('cursor').where('name', '=', 'log').execute()
    const inbox = await db.selectFrom('inbox').select('handled_at').execute()
    const mails = await db.selectFrom('timers').select('subject').where('kind', '=', 'mail.send').execute()
    // What a consumer has announced meanwhile is still to be handled.
    const isRead = readers.some(({ cursor }) => Number(cursor) === head) && head === (await findHead())
    if (isRead && mails.length === 0 && inbox.every((row) => row.handled_at !== null)) return
    if (Date.now() > deadline) throw new Error('not all events were handled')
    await delay(50)
  }

  async function findHead(): Promise<number> {
    const log = await db.selectFrom('outbox').select('position').execute()
    return Math.max(...log.map(({ position }) => position ?? Number.POSITIVE_INFINITY))
  }
}
