import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, it } from 'node:test'
import type { NotificationTables } from '#modules/notifications'
import type { TicketTables } from '#modules/tickets'
import { openDatabase } from '#platform/database/open'
import { systemIds } from '#platform/id'
import { createLog } from '#platform/telemetry/log'
import { backends, engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type Answer, PASSWORD, type Person, startTestApp, type TestApp } from '#tests/test-app'
import { insertTroubled } from '#tests/troubled-event'
import { readConfig } from '../../server/config.ts'
import { listOperations, NOBODY, type Operation, sampleOf } from './operations.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
/** The beginning of one, in characters that are one byte each. */
const GIF = 'GIF89a\x01\0\x01\0\0\0\0;'

const TICKET = { title: 'Mesin bocor', description: 'Air menetes' }
const SCHEDULE = {
  name: 'Roti',
  rule: { frequency: 'daily' },
  product_name: 'Roti',
  quantity: 10,
  lead_days: 0,
}
const PROGRESS = { note: 'Pagi', quantity: 2 }

/** At an address that nobody has (RFC 6761). */
const WEBHOOK = { url: 'https://nobody.invalid/hook', event_types: ['category.*'] }

onEach(backends, 'idempotency', (backend) => {
  let app: TestApp
  let buyer: Person
  let token: string
  let productId: string
  let count = 0

  before(async () => {
    app = await startTestApp(backend)
    token = app.administrator.token
    buyer = await app.enrol()
    const category = await createCategory('first')
    const product = await app.ask('POST', '/api/v1/products', {
      token,
      body: { name: 'Kopi', price: 1, stock: 1_000, category_id: category.body.id },
    })
    productId = product.body.id
  })
  after(async () => await app.stop())

  const fresh = () => `key-${(count += 1)}`
  async function createCategory(name: string, key?: string, caller = token): Promise<Answer> {
    const headers = key === undefined ? {} : { 'idempotency-key': key }
    return await app.ask('POST', '/api/v1/categories', { token: caller, body: { name }, headers })
  }
  function assertReplay(again: Answer, first: Answer): void {
    assert.equal(again.headers['idempotent-replayed'], 'true', again.text)
    assert.equal(again.status, first.status)
    assert.equal(again.text, first.text)
    for (const header of ['etag', 'location', 'content-type', 'cache-control']) {
      assert.equal(again.headers[header], first.headers[header], header)
    }
    const cookies = (answer: Answer) => [answer.headers['set-cookie'] ?? []].flat()
    assert.deepEqual(cookies(again), cookies(first))
  }

  it('C6 three times the same key, two of them at once, make one record and one answer', async () => {
    const key = fresh()
    const answers = await Promise.all([createCategory('Tiga', key), createCategory('Tiga', key)])
    answers.push(await createCategory('Tiga', key))
    const firsts = answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined)
    const [first] = firsts
    assert.equal(firsts.length, 1)
    assert.ok(first)
    assert.equal(first.status, 201, first.text)
    assert.equal(first.headers['etag'], '"1"')
    assert.equal(first.headers['location'], `/api/v1/categories/${first.body.id}`)
    for (const again of answers.filter((answer) => answer !== first)) assertReplay(again, first)
    const made = await app.db.selectFrom('categories').select('id').where('name', '=', 'Tiga').execute()
    assert.deepEqual(
      made.map(({ id }) => id),
      [first.body.id],
    )
  })

  it('C6 the same key with another body, or another query, is 422 and makes nothing', async () => {
    const key = fresh()
    assert.equal((await createCategory('Satu', key)).status, 201)
    const other = await createCategory('Lain', key)
    assert.equal(other.status, 422)
    assert.equal(other.body.code, 'idempotency_key_reused')
    const made = await app.db.selectFrom('categories').select('id').where('name', '=', 'Lain').execute()
    assert.deepEqual(made, [])
  })

  it('C6 another caller and another route may use the same key', async () => {
    const key = fresh()
    const second = await app.enrol('admin')
    const [mine, theirs] = [
      await createCategory('Milik A', key),
      await createCategory('Milik B', key, second.token),
    ]
    assert.deepEqual([mine.status, theirs.status], [201, 201])
    const order = await app.ask('POST', '/api/v1/transactions', {
      token,
      body: { products: [{ id: productId, qty: 1 }] },
      headers: { 'idempotency-key': key },
    })
    assert.equal(order.status, 201, order.text)
    assert.equal(order.headers['idempotent-replayed'], undefined)
  })

  it('C6 a key without a caller belongs to its address', async () => {
    const key = fresh()
    const register = async (from: string, email: string) =>
      await app.ask('POST', '/api/v1/auth/register', {
        body: { name: 'A', email, password: PASSWORD },
        headers: { 'idempotency-key': key },
        from,
      })
    const first = await register('192.0.2.1', 'one@karya.test')
    assert.equal(first.status, 201, first.text)
    assertReplay(await register('192.0.2.1', 'one@karya.test'), first)
    assert.equal((await register('192.0.2.2', 'one@karya.test')).status, 409)
    assert.equal((await register('192.0.2.3', 'two@karya.test')).status, 201)
  })

  it('C6 a refusal is not kept: the same request may succeed with the same key later', async () => {
    const key = fresh()
    const order = async () =>
      await app.ask('POST', '/api/v1/products', {
        token,
        body: { name: 'X', price: 1, stock: 1, category_id: NOBODY, sku: 'LATER' },
        headers: { 'idempotency-key': key },
      })
    const refused = await order()
    assert.ok(refused.status >= 400 && refused.status < 500)
    const now = app.clock.now()
    await app.db
      .insertInto('categories')
      .values({ id: NOBODY, name: 'Nanti', name_key: 'nanti', version: 1, created_at: now, updated_at: now })
      .execute()
    const accepted = await order()
    assert.equal(accepted.status, 201, accepted.text)
    assertReplay(await order(), accepted)
  })

  it('C6 a key that is not 1 to 255 visible ASCII characters is a 400', async () => {
    for (const key of ['', ' ', 'a b', 'x'.repeat(256), 'ä', 'tab\there']) {
      const answer = await createCategory('Buruk', key)
      assert.equal(answer.status, 400, JSON.stringify(key))
      assert.equal(answer.body.errors[0].pointer, 'Idempotency-Key')
    }
    assert.equal((await createCategory('Panjang', 'x'.repeat(255))).status, 201)
  })

  it('C6 the stored answer can be read with the key only', async () => {
    const key = fresh()
    const ask = async () =>
      await app.ask('POST', '/api/v1/tokens', {
        token,
        body: { name: 'Robot', permissions: ['users:read'] },
        headers: { 'idempotency-key': key },
      })
    const first = await ask()
    assert.equal(first.status, 201, first.text)
    assertReplay(await ask(), first)
    const rows = await app.db.selectFrom('idempotency_keys').selectAll().execute()
    for (const row of rows) {
      const stored = JSON.stringify(row) + Buffer.from(row.answer ?? '', 'base64').toString()
      for (const secret of [first.body.token, 'Robot', key, PASSWORD]) assert.ok(!stored.includes(secret))
    }
  })

  it('C6 every POST route of the OpenAPI document replays its answer', async () => {
    const refusedOnly = new Set<string>()
    const posts = (await listOperations(app)).filter(({ method }) => method === 'POST')
    assert.ok(posts.length >= 7)
    for (const operation of posts) {
      const { url, body, caller = token, type = 'application/json' } = await legalRequest(operation)
      const headers = { 'idempotency-key': fresh(), ...(body === undefined ? {} : { 'content-type': type }) }
      const ask = async () =>
        await app.ask('POST', url, {
          headers,
          ...(caller === null ? {} : { token: caller }),
          ...(body === undefined ? {} : { body }),
        })
      const first = await ask()
      if (first.status >= 400) refusedOnly.add(`${operation.path} ${first.text}`)
      else assertReplay(await ask(), first)
    }
    assert.deepEqual([...refusedOnly], [], 'give these routes a legal request in legalRequest')
  })

  let categories = 0
  type Legal = {
    readonly url: string
    readonly body?: unknown
    readonly type?: string
    readonly caller?: string | null
  }
  async function legalRequest({ path, url, body }: Operation): Promise<Legal> {
    switch (path) {
      case '/api/v1/auth/login':
        return { url, body: { email: buyer.email, password: PASSWORD, token_delivery: 'body' }, caller: null }
      case '/api/v1/auth/register':
        return {
          url,
          body: { name: 'Baru', email: `${fresh()}@karya.test`, password: PASSWORD },
          caller: null,
        }
      case '/api/v1/auth/refresh':
        return { url, body: { refresh_token: (await app.enrol()).refreshToken }, caller: null }
      case '/api/v1/auth/logout':
        return { url, body: { refresh_token: (await app.enrol()).refreshToken }, caller: null }
      case '/api/v1/tokens':
        return { url, body: { name: 'Robot', permissions: ['users:read'] } }
      case '/api/v1/products': {
        const category = await createCategory(fresh())
        return { url, body: { name: 'P', price: 1, stock: 1, category_id: category.body.id } }
      }
      case '/api/v1/products/{id}/stock':
        return {
          url: url.replace(NOBODY, productId),
          body: { kind: 'receipt', quantity: 1, reason: 'Kiriman' },
        }
      case '/api/v1/products/{id}/images':
        return { url: url.replace(NOBODY, productId), body: GIF, type: 'image/gif' }
      case '/api/v1/transactions':
        return { url, body: { products: [{ id: productId, qty: 1 }] } }
      case '/api/v1/transactions/{id}/cancel':
        return { url: url.replace(NOBODY, await placedOrder()), body: {} }
      case '/api/v1/transactions/{id}/payments':
        return { url: url.replace(NOBODY, await placedOrder()), body: { method: 'transfer', amount: 1 } }
      case '/api/v1/payments/{id}/confirm':
        return { url: url.replace(NOBODY, await waitingPayment()) }
      case '/api/v1/payments/{id}/reject':
        return { url: url.replace(NOBODY, await waitingPayment()), body: { reason: 'Tidak masuk' } }
      case '/api/v1/deliveries/{id}/retry':
        return { url: url.replace(NOBODY, await failedDelivery()) }
      case '/api/v1/events/parked/{id}/replay':
        return { url: url.replace(NOBODY, (await insertTroubled(app)).id), body: {} }
      case '/api/v1/tasks':
        return { url, body: { title: 'Bersihkan mesin' } }
      case '/api/v1/tasks/bulk':
        return { url, body: { tasks: [{ title: 'Bersihkan mesin' }, { title: 'Isi air' }] } }
      case '/api/v1/tasks/feed':
        return { url }
      case '/api/v1/tasks/filters':
        return { url, body: { name: 'Mendesak', query: { priority: 'urgent' } } }
      case '/api/v1/tasks/{id}/extend':
        return { url: url.replace(NOBODY, await openedTask()), body: { ttl_seconds: 60 } }
      case '/api/v1/tasks/{id}/comments':
        return { url: url.replace(NOBODY, await openedTask()), body: { text: 'Sudah' } }
      case '/api/v1/tasks/{id}/attachments':
        return { url: url.replace(NOBODY, await openedTask()), body: GIF, type: 'image/gif' }
      case '/api/v1/tickets':
        return { url, body: TICKET }
      case '/api/v1/tickets/{id}/accept':
        return { url: url.replace(NOBODY, await ticketIn('solved')), body: { rating: 5 } }
      case '/api/v1/tickets/{id}/reopen':
        return { url: url.replace(NOBODY, await ticketIn('solved')), body: { comment: 'Masih bocor' } }
      case '/api/v1/tickets/{id}/cancel':
        return { url: url.replace(NOBODY, await ticketIn('open')) }
      case '/api/v1/tickets/{id}/sync/retry':
        return { url: url.replace(NOBODY, await unsentTicket()) }
      case '/api/v1/tickets/{id}/messages':
        return { url: url.replace(NOBODY, await ticketIn('open')), body: { text: 'Masih bocor' } }
      case '/api/v1/tickets/{id}/attachments':
        return { url: url.replace(NOBODY, await ticketIn('open')), body: GIF, type: 'image/gif' }
      case '/api/v1/tickets/{id}/links':
        return {
          url: url.replace(NOBODY, await ticketIn('open')),
          body: { kind: 'product', record_id: productId },
        }
      case '/api/v1/tickets/{id}/merge':
        return { url: url.replace(NOBODY, await ticketIn('open')), body: { into: await ticketIn('open') } }
      case '/api/v1/tickets/{id}/rework':
        return {
          url: url.replace(NOBODY, await ticketIn('open')),
          body: { product_id: productId, quantity: 1 },
        }
      case '/api/v1/tickets/groups':
        return { url, body: { name: fresh() } }
      case '/api/v1/tickets/canned-replies':
        return { url, body: { name: 'Salam', text: 'Halo' } }
      case '/api/v1/tickets/sla/policies':
        return { url, body: { name: 'Kasir', category_id: (categories += 1), resolution_minutes: 60 } }
      case '/api/v1/webhooks':
        return { url, body: WEBHOOK }
      case '/api/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver':
        return { url: await sentDelivery() }
      case '/api/v1/workorders':
        return { url, body: workOrder() }
      case '/api/v1/workorders/schedules':
        return { url, body: SCHEDULE }
      case '/api/v1/workorders/schedules/{id}/pause':
      case '/api/v1/workorders/schedules/{id}/resume':
        return { url: url.replace(NOBODY, await standingSchedule()) }
      case '/api/v1/workorders/{id}/progress':
      case '/api/v1/workorders/{id}/time/start':
        return { url: url.replace(NOBODY, await startedWork()), ...(body === null ? {} : { body: PROGRESS }) }
      case '/api/v1/workorders/{id}/time/pause':
      case '/api/v1/workorders/{id}/time/finish':
        return { url: url.replace(NOBODY, await startedWork('start')) }
      case '/api/v1/workorders/{id}/time/resume':
        return { url: url.replace(NOBODY, await startedWork('start', 'pause')) }
      case '/api/v1/workorders/{id}/entries/{entry_id}/reverse':
        return { url: await loggedEntry(), body: { note: 'Salah' } }
      case '/api/v1/workorders/{id}/comments':
        return { url: url.replace(NOBODY, await startedWork()), body: { text: 'Halo' } }
      case '/api/v1/workorders/{id}/photos':
        return { url: url.replace(NOBODY, await startedWork()), body: GIF, type: 'image/gif' }
      default:
        return { url, ...(body === null ? {} : { body: sampleOf(body) }) }
    }
  }

  async function unsentTicket(): Promise<string> {
    const id = await ticketIn('open')
    const db = app.db.withTables<TicketTables>()
    await db.updateTable('tickets').set({ sync_state: 'failed' }).where('id', '=', id).execute()
    return id
  }
  async function openedTask(): Promise<string> {
    return (await app.ask('POST', '/api/v1/tasks', { token, body: { title: 'Bersihkan mesin' } })).body.id
  }
  async function ticketIn(status: string): Promise<string> {
    const { body } = await app.ask('POST', '/api/v1/tickets', { token, body: TICKET })
    await app.ask('PUT', `/api/v1/tickets/${body.id}/status`, { token, body: { status } })
    return body.id
  }

  const workOrder = () => ({
    product_name: 'Kursi',
    quantity: 10,
    deadline: new Date(app.clock.now().getTime() + DAY_MS).toISOString(),
  })

  /** A work order in progress, with the administrator's time as those actions leave it. */
  async function startedWork(...actions: readonly string[]): Promise<string> {
    const { body } = await app.ask('POST', '/api/v1/workorders', { token, body: workOrder() })
    const path = `/api/v1/workorders/${body.id}`
    await app.ask('PUT', `${path}/status`, { token, body: { status: 'in_progress' } })
    for (const action of actions) await app.ask('POST', `${path}/time/${action}`, { token })
    return body.id
  }

  async function standingSchedule(): Promise<string> {
    return (await app.ask('POST', '/api/v1/workorders/schedules', { token, body: SCHEDULE })).body.id
  }

  async function loggedEntry(): Promise<string> {
    const path = `/api/v1/workorders/${await startedWork()}`
    const { body } = await app.ask('POST', `${path}/progress`, { token, body: PROGRESS })
    return `${path}/entries/${body.entry_ids[0]}/reverse`
  }

  async function placedOrder(): Promise<string> {
    const products = [{ id: productId, qty: 1 }]
    return (await app.ask('POST', '/api/v1/transactions', { token, body: { products } })).body.id
  }

  async function waitingPayment(): Promise<string> {
    const body = { method: 'transfer', amount: 1 }
    return (await app.ask('POST', `/api/v1/transactions/${await placedOrder()}/payments`, { token, body }))
      .body.id
  }

  /** The way to a redelivery of what a webhook has been told. */
  async function sentDelivery(): Promise<string> {
    const { body: webhook } = await app.ask('POST', '/api/v1/webhooks', { token, body: WEBHOOK })
    await createCategory(fresh())
    const deliveries = `/api/v1/webhooks/${webhook.id}/deliveries`
    const [delivery] = await eventually(
      async () => (await app.ask('GET', deliveries, { token })).body.data,
      (listed: readonly { id: string }[]) => listed.length > 0,
    )
    return `${deliveries}/${delivery?.id}/redeliver`
  }

  async function failedDelivery(): Promise<string> {
    const id = systemIds.next()
    await app.app.database.db
      .withTables<NotificationTables>()
      .insertInto('deliveries')
      .values({
        id,
        channel: 'email',
        kind: 'order_confirmation',
        recipient: 'nobody@karya.test',
        title: '',
        text: '',
        html: '',
        dedupe_key: id,
        state: 'failed',
        attempts: 1,
        last_error: null,
        failing_since_at: null,
        sent_at: null,
        version: 1,
        created_at: app.clock.now(),
      })
      .execute()
    return id
  }

  it('C6 a key is free again after 24 hours, and one at a time gets it', async () => {
    const key = fresh()
    const first = await createCategory('Sehari', key)
    app.clock.advance(DAY_MS - 60_000)
    const signedIn = await app.ask('POST', '/api/v1/auth/login', {
      body: { email: app.administrator.email, password: PASSWORD },
    })
    token = signedIn.body.access_token
    assertReplay(await createCategory('Sehari', key), first)
    app.clock.advance(120_000)
    const again = await Promise.all([createCategory('Esok', key), createCategory('Esok', key)])
    assert.ok(again.some(({ status }) => status === 201))
    const made = await app.db.selectFrom('categories').select('id').where('name', '=', 'Esok').execute()
    assert.equal(made.length, 1)
  })
})

onEach(
  engines.filter(({ engine }) => engine !== 'sqlite'),
  'an idempotent request that is still running',
  (backend) => {
    it('C6 makes the second one wait, and answers it 409 with Retry-After when it takes too long', async () => {
      let environment: Readonly<Record<string, string>> = {}
      const create = async () => {
        const place = await backend.create()
        environment = place.environment
        return place
      }
      const app = await startTestApp({ ...backend, create })
      // A second connection stands for the first request, whose transaction goes on and on.
      const other = await openDatabase({
        ...readConfig(environment).database,
        log: createLog({ level: 'error', destination: { write: () => {} } }),
      })
      try {
        const id = createHash('sha256')
          .update(`${app.administrator.id}\nPOST /api/v1/categories\nheld`)
          .digest('hex')
        await other.db.transaction().execute(async (trx) => {
          await trx
            .insertInto('idempotency_keys')
            .values({ id, fingerprint: 'x'.repeat(64), answer: null, created_at: new Date() })
            .execute()
          const answer = await app.ask('POST', '/api/v1/categories', {
            token: app.administrator.token,
            body: { name: 'Lama' },
            headers: { 'idempotency-key': 'held' },
          })
          assert.equal(answer.status, 409, answer.text)
          assert.equal(answer.body.code, 'idempotency_key_in_use')
          assert.equal(answer.headers['retry-after'], '1')
        })
      } finally {
        await other.close()
        await app.stop()
      }
    })
  },
)
