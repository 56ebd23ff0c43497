import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { formOf, samples, strangers } from '#tests/file-samples'
import type { Person } from '#tests/test-app'
import { NOBODYS_ID, startTestShop, type TestShop } from './test-shop.ts'

const pdf = samples['application/pdf']

onEach(engines, 'proofs of payments', (backend) => {
  let shop: TestShop
  let agent: Person
  let stranger: Person
  let productId: string
  before(async () => {
    shop = await startTestShop(backend)
    agent = await shop.enrol('agent')
    stranger = await shop.enrol()
    productId = (await shop.stockUp({ price: 100, stock: 1_000 })).id
  })
  after(async () => await shop.stop())

  type Caller = { readonly token?: string }

  async function recordPayment(): Promise<string> {
    const order = await shop.sell(productId)
    const { status, body, text } = await shop.ask('POST', `/api/v1/transactions/${order.id}/payments`, {
      token: shop.buyer.token,
      body: { method: 'transfer', amount: 100 },
    })
    assert.equal(status, 201, text)
    return body.id
  }

  async function prove(
    id: string,
    content: Buffer,
    { by = shop.buyer, headers = {} }: { by?: Caller; headers?: Record<string, string> } = {},
  ) {
    const form = formOf({ filename: 'bukti.pdf', content })
    const { token } = by
    const response = await shop.app.http.inject({
      method: 'PUT',
      url: `/api/v1/payments/${id}/proof`,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...form.headers,
        ...headers,
      },
      payload: form.body,
    })
    return { status: response.statusCode, text: response.body, body: response.json() }
  }
  async function read(fileId: string, { token }: Caller) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return await shop.app.http.inject({ method: 'GET', url: `/api/v1/files/${fileId}`, headers })
  }

  it('S5 shows a proof to the buyer and to staff, as a file to save that no cache keeps, and to nobody else', async () => {
    const id = await recordPayment()
    const { status, body, text } = await prove(id, pdf)
    assert.equal(status, 200, text)
    assert.deepEqual([body.id, body.version, body.state], [id, 2, 'pending'])
    for (const by of [shop.buyer, agent, shop.administrator]) {
      const got = await read(body.proof_file_id, by)
      assert.equal(got.statusCode, 200)
      assert.deepEqual(got.rawPayload, pdf)
      assert.equal(got.headers['content-type'], 'application/pdf')
      assert.equal(got.headers['cache-control'], 'private, no-store')
      assert.match(String(got.headers['content-disposition']), /^attachment; filename="bukti\.pdf"/)
      assert.match(String(got.headers['content-security-policy']), /sandbox/)
    }
    assert.equal((await read(body.proof_file_id, stranger)).statusCode, 404)
    assert.equal((await read(body.proof_file_id, {})).statusCode, 401)
    assert.equal((await read(body.proof_file_id, { token: 'x.y.z' })).statusCode, 401)
    const events = await shop.eventsOf(`payment/${id}`)
    assert.deepEqual(
      events.map(({ type, record_version: version, data }) => [type, version, data.proof_file_id]),
      [
        ['payment.recorded', 1, null],
        ['payment.updated', 2, body.proof_file_id],
      ],
    )
    const listed = await shop.ask('GET', `/api/v1/payments/${id}`, { token: agent.token })
    assert.deepEqual(listed.body, body)
  })

  it('S5 F11 shows a proof to no token of its owner that may not read orders', async () => {
    const id = await recordPayment()
    const { body } = await prove(id, pdf)
    const readWith = async (by: Person, permission: string) => {
      const asked = { name: permission, permissions: [permission] }
      const made = await shop.ask('POST', '/api/v1/tokens', { token: by.token, body: asked })
      assert.equal(made.status, 201, made.text)
      return (await read(body.proof_file_id, made.body)).statusCode
    }
    assert.equal(await readWith(shop.buyer, 'profile:read'), 404)
    assert.equal(await readWith(agent, 'stock:read'), 404)
    assert.equal(await readWith(agent, 'transactions:read'), 404)
    assert.equal(await readWith(shop.buyer, 'transactions:read'), 200)
  })

  it('S5 takes a later proof in the place of an earlier one, and of the version that If-Match names', async () => {
    const id = await recordPayment()
    const first = await prove(id, pdf)
    const stale = await prove(id, samples['image/png'], { headers: { 'if-match': '"1"' } })
    assert.equal(stale.status, 412)
    const second = await prove(id, samples['image/png'], { by: agent, headers: { 'if-match': '"2"' } })
    assert.equal(second.status, 200, second.text)
    assert.equal((await read(first.body.proof_file_id, agent)).statusCode, 404)
    const got = await read(second.body.proof_file_id, shop.buyer)
    assert.deepEqual([got.statusCode, got.headers['content-type']], [200, 'image/png'])
    assert.match(String(got.headers['content-disposition']), /^inline/)
  })

  it('S5 refuses a proof of what was decided, of what is not theirs, and what is no image or PDF', async () => {
    const id = await recordPayment()
    for (const [what, content] of Object.entries(strangers)) {
      assert.equal((await prove(id, content)).status, 415, what)
    }
    assert.equal((await prove(id, Buffer.concat([pdf, Buffer.alloc(5 * 1_024 * 1_024)]))).status, 413)
    assert.equal((await prove(id, pdf, { by: stranger })).status, 404)
    assert.equal((await prove(id, pdf, { by: {} })).status, 401)
    const manager = await shop.enrol('production_manager')
    assert.equal((await prove(id, pdf, { by: manager })).status, 403)
    assert.equal((await prove(NOBODYS_ID, pdf)).status, 404)
    const confirmed = await shop.ask('POST', `/api/v1/payments/${id}/confirm`, { token: agent.token })
    assert.equal(confirmed.status, 200, confirmed.text)
    const late = await prove(id, pdf)
    assert.deepEqual([late.status, late.body.code], [409, 'payment_decided'])
    const kept = await shop.db
      .selectFrom('payments')
      .select('proof_file_id')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    assert.equal(kept.proof_file_id, null)
  })

  it('S5 keeps one proof of those that come at once', async () => {
    const id = await recordPayment()
    const answers = await Promise.all(Array.from({ length: 6 }, () => prove(id, pdf)))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    const { body } = await shop.ask('GET', `/api/v1/payments/${id}`, { token: agent.token })
    assert.equal(body.version, 7)
    const readable = await Promise.all(
      answers.map(async (answer) => (await read(answer.body.proof_file_id, agent)).statusCode),
    )
    assert.deepEqual(readable.toSorted(), [200, 404, 404, 404, 404, 404])
  })
})
