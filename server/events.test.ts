import assert from 'node:assert/strict'
import { after, afterEach, before, it } from 'node:test'
import { engines, onEach, type Place } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { formOf, samples } from '#tests/file-samples'
import { type Listener, listen } from '#tests/listener'
import { PASSWORD, type Person, startTestApp, type TestApp } from '#tests/test-app'
import { eventCatalogue } from './events.ts'

const STREAM = '/api/v1/events/stream'
const STAFF = ['admin', 'production_manager', 'operator', 'agent'] as const

/** Who hears of whose records: all of them, one's own, or none. */
type Hears = 'all' | 'own' | 'none'
/** Columns: admin, production_manager, operator, agent, customer. */
const TABLE: readonly (readonly [string, ...Hears[]])[] = [
  ['category.', 'all', 'all', 'all', 'all', 'all'],
  ['product.stock_low', 'all', 'all', 'none', 'none', 'none'],
  ['product.stock_recovered', 'all', 'all', 'none', 'none', 'none'],
  ['product.stock_changed', 'all', 'all', 'none', 'none', 'none'],
  ['product.', 'all', 'all', 'all', 'all', 'all'],
  ['product_demand.', 'all', 'all', 'all', 'all', 'none'],
  ['hidden product.', 'all', 'all', 'none', 'none', 'none'],
  ['order_', 'all', 'all', 'own', 'all', 'own'],
  ['payment.', 'all', 'all', 'own', 'all', 'own'],
  ['shop_settings.', 'all', 'all', 'all', 'all', 'all'],
  ['task.', 'all', 'own', 'own', 'own', 'own'],
  ['ticket.sla_', 'all', 'none', 'none', 'all', 'none'],
  ['ticket.noted', 'all', 'none', 'none', 'all', 'none'],
  ['ticket.rework_requested', 'all', 'none', 'none', 'all', 'none'],
  ['sla_policy.', 'all', 'none', 'none', 'all', 'none'],
  ['ticket_group.', 'all', 'none', 'none', 'all', 'none'],
  ['canned_reply.', 'all', 'none', 'none', 'all', 'none'],
  ['business_calendar.', 'all', 'none', 'none', 'all', 'none'],
  ['ticket.', 'all', 'own', 'own', 'all', 'own'],
  ['user.', 'all', 'all', 'own', 'all', 'own'],
  ['session.', 'all', 'own', 'own', 'own', 'own'],
  ['api_token.', 'all', 'own', 'own', 'own', 'own'],
  ['notification.', 'all', 'own', 'own', 'own', 'own'],
  ['work_order.', 'all', 'all', 'all', 'all', 'none'],
  ['work_bill.', 'all', 'all', 'all', 'all', 'none'],
  ['work_schedule.', 'all', 'all', 'none', 'none', 'none'],
  ['webhook.', 'all', 'none', 'none', 'none', 'none'],
  ['unheard.of', 'all', 'none', 'none', 'none', 'none'],
]

type Row = { readonly type: string; readonly data: string; readonly position: number | null }

onEach(engines, 'who hears of what happens', (backend) => {
  let app: TestApp
  let url: string
  let place: Place
  let buyer: Person
  const open: Listener[] = []

  before(async () => {
    place = await backend.create()
    app = await startTestApp({ ...backend, create: async () => place })
    url = await app.app.listen()
    buyer = await app.enrol()
  })
  afterEach(() => {
    for (const listener of open.splice(0)) listener.leave()
  })
  after(async () => await app.stop())

  async function follow({ token }: Pick<Person, 'token'>, query = '', address = url): Promise<Listener> {
    const listener = await listen(`${address}${STREAM}${query}`, { token })
    open.push(listener)
    return listener
  }
  async function must(method: string, path: string, body?: object, by: Person = app.administrator) {
    const answer = await app.ask(method, `/api/v1${path}`, {
      token: by.token,
      ...(body === undefined ? {} : { body }),
    })
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
    return answer.body
  }
  async function prove(paymentId: string): Promise<void> {
    const { headers, body } = formOf({ filename: 'bukti.pdf', content: samples['application/pdf'] })
    const answer = await app.app.http.inject({
      method: 'PUT',
      url: `/api/v1/payments/${paymentId}/proof`,
      headers: { ...headers, authorization: `Bearer ${buyer.token}` },
      payload: body,
    })
    assert.ok(answer.statusCode < 300, answer.body)
  }
  let count = 0
  const makeCategory = async () => await must('POST', '/categories', { name: `Jenis ${(count += 1)}` })

  /** Everything that the modules announce, at least once. */
  async function journey(): Promise<void> {
    const category = await makeCategory()
    await must('PUT', `/categories/${category.id}`, { name: 'Kopi' })
    await must('DELETE', `/categories/${(await makeCategory()).id}`)
    const fields = { price: 1_000, stock: 10, category_id: category.id }
    const product = await must('POST', '/products', { ...fields, name: 'Gayo' })
    await must('PUT', `/products/${product.id}`, { description: 'Segar' })
    const count = { kind: 'adjustment', reason: 'Dihitung' }
    await must('PUT', `/products/${product.id}`, { low_stock_at: 3 })
    await must('POST', `/products/${product.id}/stock`, { ...count, quantity: -8 })
    await must('POST', `/products/${product.id}/stock`, { ...count, quantity: 8 })
    const hidden = await must('POST', '/products', { ...fields, name: 'Rahasia', active: false })
    await must('DELETE', `/products/${hidden.id}`)
    for (const statuses of [['paid', 'processing', 'shipped', 'completed'], ['cancelled']]) {
      const order = await must('POST', '/transactions', { products: [{ id: product.id, qty: 1 }] }, buyer)
      for (const status of statuses) await must('PUT', `/transactions/${order.id}/status`, { status })
    }
    const paid = await must('POST', '/transactions', { products: [{ id: product.id, qty: 1 }] }, buyer)
    for (const decision of ['reject', 'confirm']) {
      const amount = paid.total_price
      const payment = await must(
        'POST',
        `/transactions/${paid.id}/payments`,
        { method: 'qris', amount },
        buyer,
      )
      await prove(payment.id)
      await must('POST', `/payments/${payment.id}/${decision}`, {})
    }
    await desk()
    await arrangeDesk()
    await breachedTarget()
    await orderMoreThanIsThere(product.id)
    await haveThingsToDo()
    await makeSomething()
    await planSomething()
    await describeWhatItIsMadeOf(product.id, await must('POST', '/products', { ...fields, name: 'Biji' }))
    await must('PUT', '/shop/settings', { shop_name: 'Kopi Kita' })
    await must('PUT', '/users/profile', { name: 'Nama Baru' }, buyer)
    const robot = await must('POST', '/tokens', { name: 'Robot', permissions: ['profile:read'] }, buyer)
    await must('GET', '/users/profile', undefined, { ...buyer, token: robot.token })
    await must('DELETE', `/tokens/${robot.id}`, undefined, buyer)
    const leaving = await app.enrol()
    await must('PATCH', `/users/${leaving.id}`, { disabled: true })
    await must('DELETE', `/users/${leaving.id}`)
    const leftover = await app.enrol()
    await must('POST', '/auth/logout', { refresh_token: leftover.refreshToken }, leftover)
    const webhook = await must('POST', '/webhooks', { url: 'https://karya.test/', event_types: ['no.such'] })
    await must('PATCH', `/webhooks/${webhook.id}`, { description: 'Gudang' })
    await must('PATCH', `/webhooks/${webhook.id}`, { enabled: false })
    await must('DELETE', `/webhooks/${webhook.id}`)
    await eventually(
      async () => await app.ask('GET', '/api/v1/notifications', { token: buyer.token }),
      ({ body }) => body.data.length > 0,
    )
    await must('POST', '/notifications/read-all', undefined, buyer)
  }

  async function desk(): Promise<void> {
    const { id } = await must('POST', '/tickets', { title: 'Mesin', description: 'Bocor' }, buyer)
    await must('PATCH', `/tickets/${id}`, { tags: ['mesin'] })
    await must('POST', `/tickets/${id}/messages`, { text: 'Kami periksa' })
    await must('POST', `/tickets/${id}/messages`, { kind: 'note', text: 'Sudah tua' })
    const link = await must('POST', `/tickets/${id}/links`, { kind: 'product', record_id: id }, buyer)
    await must('DELETE', `/tickets/${id}/links/${link.id}`, undefined, buyer)
    await must('POST', `/tickets/${id}/rework`, { product_name: 'Mesin', quantity: 1 })
    const twin = await must('POST', '/tickets', { title: 'Mesin', description: 'Bocor' }, buyer)
    await must('POST', `/tickets/${twin.id}/merge`, { into: id })
    await must('PUT', `/tickets/${id}/status`, { status: 'solved', solution: 'Diganti' })
    await must('PUT', `/tickets/${id}/status`, { status: 'closed' })
    await must('POST', `/tickets/${id}/accept`, { rating: 5 }, buyer)
  }

  async function arrangeDesk(): Promise<void> {
    const group = await must('POST', '/tickets/groups', { name: 'Mesin' })
    await must('PATCH', `/tickets/groups/${group.id}`, { name: 'Mesin kopi' })
    await must('DELETE', `/tickets/groups/${group.id}`)
    const reply = await must('POST', '/tickets/canned-replies', { name: 'Salam', text: 'Salam!' })
    await must('PATCH', `/tickets/canned-replies/${reply.id}`, { text: 'Halo!' })
    await must('DELETE', `/tickets/canned-replies/${reply.id}`)
  }

  /** A first response that is a minute late, at any time of any day. */
  async function breachedTarget(): Promise<void> {
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Jakarta' }).format(app.clock.now())
    await must('PUT', `/tickets/sla/holidays/${today}`, { name: 'Libur' })
    await must('DELETE', `/tickets/sla/holidays/${today}`)
    const day = [{ from: '00:00', to: '24:00' }]
    const week = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
    await must('PUT', '/tickets/sla/hours', { hours: Object.fromEntries(week.map((name) => [name, day])) })
    const spare = await must('POST', '/tickets/sla/policies', { name: 'Cadangan', category_id: 8 })
    await must('DELETE', `/tickets/sla/policies/${spare.id}`)
    const policy = await must('POST', '/tickets/sla/policies', { name: 'Kilat', category_id: 7 })
    await must('PUT', `/tickets/sla/policies/${policy.id}`, { first_response_minutes: 1 })
    await must('POST', '/tickets', { title: 'Mesin', description: 'Bocor', category_id: 7 }, buyer)
    app.clock.advance(61_000)
    await eventually(
      async () =>
        await app.db.selectFrom('outbox').select('id').where('type', '=', 'ticket.sla_breached').execute(),
      (breaches) => breaches.length > 0,
    )
  }

  async function haveThingsToDo(): Promise<void> {
    const { id } = await must('POST', '/tasks', { title: 'Bersihkan mesin' }, buyer)
    await must('PATCH', `/tasks/${id}`, { priority: 'high' }, buyer)
    await must('POST', `/tasks/${id}/comments`, { text: 'Sikatnya hilang' }, buyer)
    await must('PATCH', `/tasks/${id}`, { status: 'done' }, buyer)
    await must('DELETE', `/tasks/${id}`, undefined, buyer)
    const ends = { ttl_seconds: 60, warn_before_seconds: 30 }
    const reminders = [{ at: new Date(app.clock.now().getTime() + 20_000).toISOString() }]
    await must('POST', '/tasks', { title: 'Beli susu', ...ends, reminders }, buyer)
    for (const types of [['task.reminded', 'task.expiring'], ['task.expired']]) {
      app.clock.advance(30_000)
      await eventually(
        async () => await app.db.selectFrom('outbox').select('type').where('type', 'in', types).execute(),
        (told) => told.length === types.length,
      )
    }
  }

  async function orderMoreThanIsThere(id: string): Promise<void> {
    await must('PUT', `/products/${id}`, { stock_policy: 'backorder' })
    await must('POST', '/transactions', { products: [{ id, qty: 100 }] }, buyer)
  }

  /** A work order whose deadline passes while it is worked on. */
  async function makeSomething(): Promise<void> {
    const deadline = new Date(app.clock.now().getTime() + 1_000).toISOString()
    const { id } = await must('POST', '/workorders', { product_name: 'Kursi', quantity: 3, deadline })
    await must('PUT', `/workorders/${id}`, { notes: 'Kayu jati' })
    await must('PUT', `/workorders/${id}/status`, { status: 'in_progress' })
    await must('POST', `/workorders/${id}/comments`, { text: 'Mulai' })
    await must('POST', `/workorders/${id}/progress`, { note: 'Pagi', quantity: 2, scrap: 1 })
    await eventually(
      async () => await must('GET', `/workorders/${id}`),
      ({ overdue }) => overdue,
    )
  }

  async function planSomething(): Promise<void> {
    const body = { name: 'Roti', product_name: 'Roti', quantity: 10, lead_days: 0 }
    const { id } = await must('POST', '/workorders/schedules', { ...body, rule: { frequency: 'daily' } })
    await must('POST', `/workorders/schedules/${id}/pause`)
    await must('DELETE', `/workorders/schedules/${id}`)
  }

  async function describeWhatItIsMadeOf(productId: string, component: { readonly id: string }) {
    const path = `/workorders/bills/${productId}`
    const { token } = app.administrator
    const body = { materials: [{ product_id: component.id, quantity: 1 }] }
    await eventually(
      async () => await app.ask('PUT', `/api/v1${path}`, { token, body }),
      // The products are known there once their events have come round.
      ({ status }) => status < 300,
    )
    await must('DELETE', path)
  }

  async function settledLog(): Promise<Row[]> {
    return await eventually(
      async () =>
        await app.db.selectFrom('outbox').select(['type', 'data', 'position']).orderBy('position').execute(),
      (rows) => rows.every(({ position }) => position !== null),
    )
  }

  it('E4 every event of a journey through all modules is of a declared type and its schema', async () => {
    await journey()
    const rows = await settledLog()
    for (const { type, data } of rows) {
      const declared = eventCatalogue.find(type)
      assert.ok(declared, `nobody has declared ${type}`)
      assert.ok(declared.matches(JSON.parse(data)), `${type} is not of its schema: ${data}`)
    }
    const seen = new Set(rows.map(({ type }) => type))
    const unseen = eventCatalogue.types.map(({ type }) => type).filter((type) => !seen.has(type))
    // It takes a receiver that fails for a day.
    assert.deepEqual(unseen, ['webhook.disabled'], 'have the others happen in the journey')
  })

  it('E3 F11 everybody hears what their role allows of all, and what concerns themselves', async () => {
    const staff = await Promise.all(STAFF.map(async (role) => await app.enrol(role)))
    const people = [...staff, buyer, await app.enrol()]
    await app.db
      .insertInto('outbox')
      .values({
        id: '0190a000-0000-7000-8000-000000000001',
        type: 'unheard.of',
        subject: 'x/1',
        record_version: 1,
        data: JSON.stringify({ user_id: buyer.id, id: buyer.id }),
        actor_id: null,
        traceparent: null,
        occurred_at: new Date(),
        position: null,
      })
      .execute()
    // Everybody hears of this one, so whoever has it has all that came before.
    const last = await makeCategory()
    const rows = await settledLog()
    for (const [index, person] of people.entries()) {
      const expected = rows.filter((row) => isHeard(row, person, Math.min(index, 4)))
      const listener = await follow(person, '?after=0')
      await eventually(
        async () => listener.messages(),
        (messages) => messages.some(({ subject }) => subject === `category/${last.id}`),
      )
      const heard = listener.messages().filter(({ id }) => id <= rows.length)
      assert.deepEqual(
        heard.map(({ id, type }) => `${id} ${type}`),
        expected.map(({ position, type }) => `${position} ${type}`),
        `person ${index}`,
      )
    }
  })

  it('E3 I6 a token hears of its maker’s records what it may read of them, and no more', async () => {
    const needed = {
      'api_token.': 'tokens:read',
      'notification.': 'notifications:read',
      order_: 'transactions:read',
      'payment.': 'transactions:read',
      'session.': 'sessions:read',
      'task.': 'tasks:read',
      'ticket.': 'tickets:read',
      'user.': 'profile:read',
    }
    const rows = await settledLog()
    const own = rows.filter((row) => isHeard(row, buyer, 4))
    const everybody = await app.enrol()
    for (const permission of [null, ...new Set(Object.values(needed))]) {
      const permissions = ['events:stream', ...(permission === null ? [] : [permission])]
      const robot = await must('POST', '/tokens', { name: 'Robot', permissions }, buyer)
      const last = await makeCategory()
      const listener = await follow(robot, '?after=0')
      await eventually(
        async () => listener.messages(),
        (messages) => messages.some(({ subject }) => subject === `category/${last.id}`),
      )
      const read = Object.entries(needed).filter(([, each]) => each === permission)
      const expected = own.filter(
        (row) => isHeard(row, everybody, 4) || read.some(([prefix]) => row.type.startsWith(prefix)),
      )
      assert.ok(permission === null || expected.some(({ type }) => type.startsWith(read[0]?.[0] ?? '-')))
      assert.deepEqual(
        listener
          .messages()
          .filter(({ id }) => id <= rows.length)
          .map(({ id, type }) => `${id} ${type}`),
        expected.map(({ position, type }) => `${position} ${type}`),
        permission ?? 'nothing but the stream',
      )
    }
  })

  function nameOf(type: string, facts: { readonly active?: boolean }): string {
    return type.startsWith('product.') && facts.active === false ? `hidden ${type}` : type
  }

  function isHeard({ type, data }: Row, { id }: Person, column: number): boolean {
    const facts = JSON.parse(data)
    const name = nameOf(type, facts)
    const row = TABLE.find(([prefix]) => name.startsWith(prefix))
    assert.ok(row, `the table has no row for ${type}`)
    const hears = row[column + 1]
    const concerned = [
      ...(type.startsWith('ticket.') ? [facts.creator_id, facts.customer_id] : [facts.user_id ?? facts.id]),
      ...(type.startsWith('task.') ? [facts.owner_id, facts.assignee_id] : []),
      ...(facts.watcher_ids ?? []),
    ]
    return hears === 'all' || (hears === 'own' && concerned.includes(id))
  }

  it('E3 F11 a stream ends soon after its user is disabled, and tells nothing from then on', async () => {
    const person = await app.enrol('agent')
    const listener = await follow(person)
    await must('PATCH', `/users/${person.id}`, { disabled: true })
    await eventually(
      async () => {
        await makeCategory()
        return await Promise.race([listener.ended, Promise.resolve(null)])
      },
      (ended) => ended === true,
    )
    const before = listener.messages().length
    await makeCategory()
    assert.equal(listener.messages().length, before)
    assert.equal((await follow(person)).status, 401)
  })

  it('E3 I3 a stream ends when its access token has expired', async () => {
    const listener = await follow(buyer)
    app.clock.advance(24 * 60 * 60 * 1_000)
    const { body } = await app.ask('POST', '/api/v1/auth/login', {
      body: { email: app.administrator.email, password: PASSWORD },
    })
    const administrator = { ...app.administrator, token: body.access_token }
    await eventually(
      async () => {
        await must('POST', '/categories', { name: `Nanti ${(count += 1)}` }, administrator)
        return await Promise.race([listener.ended, Promise.resolve(null)])
      },
      (ended) => ended === true,
    )
  })

  it('E3 a stream of one process tells of what another process does', async () => {
    const kept = { ...place, remove: async () => {} }
    const other = await startTestApp({ ...backend, create: async () => kept })
    try {
      const address = await other.app.listen()
      const listener = await follow(other.administrator, '?types=category.created', address)
      const { body } = await app.ask('POST', '/api/v1/auth/login', {
        body: { email: app.administrator.email, password: PASSWORD },
      })
      const by = { ...app.administrator, token: body.access_token }
      const category = await must('POST', '/categories', { name: 'Dari sana' }, by)
      const [message] = await listener.receive(1)
      assert.equal(message?.subject, `category/${category.id}`)
    } finally {
      await other.stop()
    }
  })
})
