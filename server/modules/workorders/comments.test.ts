import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { sql } from 'kysely'
import { engines, onEach } from '#tests/backends'
import { formOf, type Part, samples, strangers } from '#tests/file-samples'
import type { Person } from '#tests/test-app'
import { NOBODY, startTestFloor, type TestFloor } from './test-floor.ts'

const png = samples['image/png']
const FIVE_MIB = 5 * 1_024 * 1_024

onEach(engines, 'comments and photos of work orders', (backend) => {
  let floor: TestFloor
  let agent: Person
  let customer: Person
  let id: string
  before(async () => {
    floor = await startTestFloor(backend)
    agent = await floor.enrol('agent')
    customer = await floor.enrol()
    id = (await floor.openOrder()).id
  })
  after(async () => await floor.stop())

  type Caller = { readonly token?: string }
  type Sent = {
    readonly parts?: readonly Part[]
    readonly by?: Caller
    readonly query?: string
    readonly orderId?: string
    readonly headers?: Readonly<Record<string, string>>
  }
  const bearer = ({ token }: Caller) => (token === undefined ? {} : { authorization: `Bearer ${token}` })

  async function show({ parts, by = floor.operator, query = '', orderId = id, headers = {} }: Sent = {}) {
    const form = formOf(...(parts ?? [{ filename: 'retak.png', content: png }]))
    const response = await floor.app.http.inject({
      method: 'POST',
      url: `/api/v1/workorders/${orderId}/photos${query}`,
      headers: { ...bearer(by), ...form.headers, ...headers },
      payload: form.body,
    })
    return { status: response.statusCode, text: response.body, body: response.json() }
  }
  async function say(text: unknown, { token }: Caller = floor.operator, orderId = id) {
    return await floor.ask('POST', `/api/v1/workorders/${orderId}/comments`, {
      ...(token === undefined ? {} : { token }),
      body: { text },
    })
  }
  async function listed(query = '', { token }: Caller = floor.operator) {
    const caller = token === undefined ? {} : { token }
    return await floor.ask('GET', `/api/v1/workorders/${id}/comments${query}`, caller)
  }
  async function read(url: string, by: Caller) {
    return await floor.app.http.inject({ method: 'GET', url, headers: bearer(by) })
  }
  const files = async () =>
    await floor.db.selectFrom('files').select(['id', 'kept_at', 'dropped_at']).orderBy('id').execute()

  it('W6 keeps what is said of an order, at any time and by all of the shop floor, and leaves the order as it is', async () => {
    const order = await floor.openOrder()
    const said = await say('  Kayu datang besok ', floor.stranger, order.id)
    assert.equal(said.status, 201, said.text)
    const { id: commentId, created_at: at, ...rest } = said.body
    assert.deepEqual(rest, {
      work_order_id: order.id,
      text: 'Kayu datang besok',
      photos: [],
      author_id: floor.stranger.id,
    })
    await floor.move(order.id, { status: 'cancelled', note: 'Batal' })
    assert.equal((await say('Sayang sekali', floor.manager, order.id)).status, 201)
    assert.equal((await floor.read(order.id)).version, 2)
    const events = await floor.eventsOf(`work_order_comment/${commentId}`)
    assert.deepEqual(events, [
      {
        type: 'work_order.commented',
        record_version: 1,
        data: {
          ...rest,
          id: commentId,
          created_at: at,
          number: order.number,
          product_name: order.product_name,
        },
      },
    ])
  })

  it('W6 shows a photo to whoever may read work orders, and to nobody else', async () => {
    const shown = await show({ query: '?text=Kaki%20retak' })
    assert.equal(shown.status, 201, shown.text)
    assert.equal(shown.body.text, 'Kaki retak')
    const [photo] = shown.body.photos
    assert.equal(photo.url, `/api/v1/files/${photo.id}`)
    for (const by of [floor.operator, floor.stranger, floor.manager, agent]) {
      const got = await read(photo.url, by)
      assert.equal(got.statusCode, 200)
      assert.deepEqual(got.rawPayload, png)
      assert.equal(got.headers['cache-control'], 'private, no-store')
    }
    assert.equal((await read(photo.url, customer)).statusCode, 404)
    assert.equal((await read(photo.url, {})).statusCode, 401)
    const { body } = await listed('?limit=1')
    assert.deepEqual([body.data[0], body.page.has_more], [shown.body, false])
    await say('Sudah diganti')
    const [newest] = (await listed()).body.data
    assert.equal(newest.text, 'Sudah diganti')
    const [oldest] = (await listed('?sort=created_at')).body.data
    assert.deepEqual(oldest, shown.body)
  })

  it('W6 takes images only, of 5 MiB at most, and keeps nothing of what it refuses', async () => {
    const before = await files()
    const refusals: (readonly [Sent, number])[] = [
      ...Object.values(strangers).map(
        (content) => [{ parts: [{ filename: 'a.png', content }] }, 415] as const,
      ),
      [{ parts: [{ filename: 'a.pdf', content: samples['application/pdf'] }] }, 415],
      [{ parts: [] }, 400],
      [{ parts: [{ filename: 'a.png', content: '' }] }, 400],
      [
        {
          parts: [
            { filename: 'a.png', content: png },
            { filename: 'b.png', content: png },
          ],
        },
        400,
      ],
      [{ parts: [{ filename: 'a.png', content: Buffer.concat([png, Buffer.alloc(FIVE_MIB)]) }] }, 413],
      [{ query: '?text=' }, 400],
      [{ query: '?title=x' }, 400],
      [{ orderId: NOBODY }, 404],
      [{ by: agent }, 403],
      [{ by: customer }, 403],
      [{ by: {} }, 401],
    ]
    for (const [sent, status] of refusals) {
      const answer = await show(sent)
      assert.equal(answer.status, status, answer.text)
    }
    assert.deepEqual(await files(), before)
    for (const text of ['', ' ', null, 'x'.repeat(4_001)]) assert.equal((await say(text)).status, 400)
    assert.equal((await say('x', agent)).status, 403)
    assert.equal((await say('x', customer)).status, 403)
    assert.equal((await say('x', {})).status, 401)
    assert.equal((await say('x', floor.manager, NOBODY)).status, 404)
    assert.deepEqual([(await listed('', customer)).status, (await listed('', {})).status], [403, 401])
    assert.equal((await listed('', agent)).status, 200)
  })

  it('W6 leaves no photo whose last step fails, and takes the same request once', async () => {
    const [before, count] = [await files(), (await listed()).body.data.length]
    const headers = { 'idempotency-key': 'foto-sekali' }
    await sql`alter table outbox rename to outbox_away`.execute(floor.db)
    const failed = await show({ headers })
    await sql`alter table outbox_away rename to outbox`.execute(floor.db)
    assert.equal(failed.status, 500)
    const left = (await files()).slice(before.length)
    assert.deepEqual(
      left.map(({ kept_at: kept, dropped_at: dropped }) => [kept, dropped === null]),
      [[null, false]],
    )
    assert.equal((await listed()).body.data.length, count)
    const first = await show({ headers })
    const again = await show({ headers })
    assert.deepEqual([first.status, again.text], [201, first.text])
    assert.equal((await listed()).body.data.length, count + 1)
    assert.equal((await files()).length, before.length + 2)
  })
})
