import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startTestApp, type TestApp } from '#tests/test-app'
import { insertTroubled } from '#tests/troubled-event'
import { systemIds } from '../id.ts'
import type { EventEnvelope } from './envelope.ts'

const BASE = '/api/v1/events'

onEach(engines, 'events over HTTP', (backend) => {
  let app: TestApp
  let token: string
  let customer: string
  before(async () => {
    app = await startTestApp(backend)
    token = app.administrator.token
    customer = (await app.enrol()).token
    for (let index = 0; index < 12; index += 1) {
      const { body } = await app.ask('POST', '/api/v1/categories', {
        token,
        body: { name: `Jenis ${index}` },
      })
      if (index % 4 === 0) {
        await app.ask('PUT', `/api/v1/categories/${body.id}`, { token, body: { name: `Baru ${index}` } })
      }
    }
    await eventually(
      async () => await app.db.selectFrom('outbox').select('id').where('position', 'is', null).execute(),
      ({ length }) => length === 0,
    )
  })
  after(async () => await app.stop())

  const read = async (query = '') => {
    const { status, text, body } = await app.ask('GET', `${BASE}${query}`, { token })
    assert.equal(status, 200, text)
    return body
  }
  const all = async (): Promise<EventEnvelope[]> => (await read('?limit=100')).data

  it('E3 E4 gives the log from the first position on, as envelopes with the source of this database', async () => {
    const events = await all()
    assert.ok(events.length >= 15)
    assert.deepEqual(
      events.map(({ position }) => position),
      events.map((_, index) => index + 1),
    )
    const { id } = await app.db.selectFrom('installation').select('id').executeTakeFirstOrThrow()
    for (const event of events) {
      assert.equal(event.specversion, '1.0')
      assert.equal(event.source, `/karya/${id}`)
      assert.equal(event.dataschema, `urn:karya:event-schema:${event.type}`)
      assert.equal(typeof event.data, 'object')
    }
    const changed = events.find(({ type }) => type === 'category.updated')
    assert.equal(changed?.actorid, app.administrator.id)
    assert.equal(changed?.recordversion, 2)
    assert.equal(changed?.data['name'], 'Baru 0')
  })

  it('E3 pages by position, by cursor as by after, whatever the size of a page', async () => {
    const events = await all()
    for (const limit of [1, 3, 7]) {
      for (const name of ['cursor', 'after']) {
        const seen: EventEnvelope[] = []
        let place = '0'
        for (;;) {
          const { data, page } = await read(`?limit=${limit}&${name}=${place}`)
          seen.push(...data)
          assert.equal(page.has_more, seen.length < events.length)
          if (data.length === 0) assert.equal(page.next_cursor, null)
          if (!page.has_more) break
          assert.equal(page.next_cursor, String(data.at(-1).position))
          place = page.next_cursor
        }
        assert.deepEqual(seen, events)
      }
    }
    const { page } = await read(`?after=${events.length}`)
    assert.deepEqual(page, { next_cursor: null, has_more: false })
    for (const cursor of ['x', '-1', '1.5', '9'.repeat(16), '', ' 1']) {
      const { status, body } = await app.ask('GET', `${BASE}?cursor=${encodeURIComponent(cursor)}`, { token })
      assert.equal(status, 400, cursor)
      assert.equal(body.errors[0].pointer, 'cursor')
    }
  })

  it('E3 filters by type, with a star at the end of some, and by subject, which is the record’s timeline', async () => {
    const events = await all()
    const types = async (type: string) => {
      const { data }: { data: EventEnvelope[] } = await read(`?limit=100&type=${type}`)
      return data.map(({ position }) => position)
    }
    const expected = (isSo: (event: EventEnvelope) => boolean) =>
      events.filter(isSo).map(({ position }) => position)
    assert.deepEqual(
      await types('category.updated'),
      expected(({ type }) => type === 'category.updated'),
    )
    assert.deepEqual(
      await types('category.*'),
      expected(({ type }) => type.startsWith('category.')),
    )
    assert.deepEqual(
      await types('*'),
      expected(() => true),
    )
    // An underscore stands for itself.
    assert.deepEqual(await types('category_*'), [])
    assert.deepEqual(await types('no.such'), [])
    const subject = events.find(({ type }) => type === 'category.updated')?.subject ?? ''
    const { data } = await read(`?subject=${encodeURIComponent(subject)}`)
    assert.deepEqual(
      data.map(({ type }: EventEnvelope) => type),
      ['category.created', 'category.updated'],
    )
    const { page } = await read(`?type=category.updated&limit=2`)
    assert.equal(page.has_more, true)
  })

  it('E1 E3 shows no event before it has a position', async () => {
    const before = await all()
    // In a transaction that is open the relay sees nothing of it.
    const row = {
      id: systemIds.next(),
      type: 'thing.made',
      subject: 'thing/1',
      record_version: 1,
      data: '{}',
      actor_id: null,
      traceparent: null,
      occurred_at: new Date(),
      position: null,
    }
    await app.db.insertInto('outbox').values(row).execute()
    const shown = await eventually(all, ({ length }) => length > before.length)
    assert.equal(shown.at(-1)?.id, row.id)
    assert.equal(shown.at(-1)?.position, before.length + 1)
  })

  it('F11 the log is for those who may read it all, and replaying for those who may write', async () => {
    for (const path of ['', '/parked', '/waiting']) {
      assert.equal((await app.ask('GET', `${BASE}${path}`, { token: customer })).status, 403)
    }
    const { id } = await insertTroubled(app)
    const url = `${BASE}/parked/${id}/replay`
    assert.equal((await app.ask('POST', url, { token: customer, body: {} })).status, 403)
    assert.equal((await app.ask('DELETE', `${BASE}/parked/${id}`, { token })).status, 404)
  })

  it('E1 lists what is parked and what waits, by consumer, page by page', async () => {
    await app.db.deleteFrom('inbox').where('handled_at', 'is', null).execute()
    const parkedAt = new Date()
    const shared = await insertTroubled(app, { consumer: 'b.second', parkedAt })
    await insertTroubled(app, { consumer: 'a.first', event: shared, parkedAt })
    for (let index = 0; index < 5; index += 1) await insertTroubled(app, { consumer: 'a.first', parkedAt })
    const waiting = await insertTroubled(app, { consumer: 'c.third', parkedAt: null })

    const seen: string[] = []
    let cursor = ''
    for (;;) {
      const { data, page } = await read(`/parked?limit=2${cursor}`)
      seen.push(...data.map((row: { id: string; consumer: string }) => `${row.id} ${row.consumer}`))
      if (!page.has_more) break
      cursor = `&cursor=${page.next_cursor}`
    }
    assert.equal(new Set(seen).size, 7)
    assert.equal(seen.length, 7)
    const { data } = await read('/parked?consumer=b.second')
    assert.equal(data.length, 1)
    assert.deepEqual(data[0].event, shared)
    assert.equal(data[0].last_error, 'Error: it broke')
    assert.equal(data[0].attempts, 10)
    assert.equal(data[0].parked_at, parkedAt.toISOString())
    const pending = await read('/waiting')
    assert.deepEqual(
      pending.data.map(({ id, parked_at }: { id: string; parked_at: null }) => [id, parked_at]),
      [[waiting.id, null]],
    )
    for (const bad of [
      'x',
      Buffer.from('[1,2,3]').toString('base64url'),
      Buffer.from('{}').toString('base64url'),
      // Times that not every engine has a date for.
      ...[-62_135_596_800_001, -253_402_214_400_000, 253_402_300_800_000].map((at) =>
        Buffer.from(JSON.stringify([at, waiting.id, 'c.third'])).toString('base64url'),
      ),
    ]) {
      for (const list of ['parked', 'waiting']) {
        const { status, text } = await app.ask('GET', `${BASE}/${list}?cursor=${bad}`, { token })
        assert.equal(status, 400, text)
      }
    }
  })

  it('E1 C6 a parked event waits again when it is replayed: at one consumer, or all that parked it', async () => {
    const event = await insertTroubled(app, { consumer: 'a.first' })
    await insertTroubled(app, { consumer: 'b.second', event })
    await insertTroubled(app, { consumer: 'c.third', event })
    const other = await insertTroubled(app, { consumer: 'a.first' })
    const url = `${BASE}/parked/${event.id}/replay`
    const replay = async (body: object, headers = {}) => await app.ask('POST', url, { token, body, headers })
    const states = async () => {
      const rows = await app.db
        .selectFrom('inbox')
        .select(['consumer', 'attempts', 'due_at', 'parked_at'])
        .where('event_id', '=', event.id)
        .orderBy('consumer')
        .execute()
      return rows.map((row) => [row.consumer, row.attempts, row.due_at !== null, row.parked_at !== null])
    }

    const one = await replay({ consumer: 'b.second' }, { 'idempotency-key': 'once' })
    assert.deepEqual(one.body, { replayed: 1, consumers: ['b.second'] })
    assert.deepEqual(await states(), [
      ['a.first', 10, false, true],
      ['b.second', 0, true, false],
      ['c.third', 10, false, true],
    ])
    const again = await replay({ consumer: 'b.second' }, { 'idempotency-key': 'once' })
    assert.equal(again.text, one.text)
    assert.equal((await replay({ consumer: 'b.second' })).status, 404)
    assert.equal((await replay({ consumer: 'no.such' })).body.code, 'nothing_parked')

    const rest = await app.ask('POST', url, { token })
    assert.deepEqual(rest.body, { replayed: 2, consumers: ['a.first', 'c.third'] })
    assert.deepEqual(
      (await states()).map(([, ...state]) => state),
      [
        [0, true, false],
        [0, true, false],
        [0, true, false],
      ],
    )
    assert.equal((await replay({})).status, 404)
    const { data } = await read('/parked?consumer=a.first')
    assert.ok(data.some(({ id }: { id: string }) => id === other.id))
  })

  it('E4 gives the JSON Schema of each type’s data to everybody, and 404 for a type that there is not', async () => {
    const { body, status } = await app.ask('GET', `${BASE}/schemas`)
    assert.equal(status, 200)
    const listed = body.data.map(({ type }: { type: string }) => type)
    for (const type of ['order_created', 'user.registered', 'product.stock_changed', 'session.revoked']) {
      assert.ok(listed.includes(type), type)
    }
    for (const { type, dataschema } of body.data) {
      const answer = await app.ask('GET', `${BASE}/schemas/${type}`)
      assert.equal(new URL(dataschema).href, dataschema)
      assert.equal(answer.status, 200, type)
      assert.match(String(answer.headers['content-type']), /^application\/schema\+json/)
      assert.equal(answer.body.$schema, 'https://json-schema.org/draft/2020-12/schema')
      assert.equal(answer.body.$id, dataschema)
      assert.equal(answer.body.type, 'object')
      assert.ok(Object.keys(answer.body.properties).length > 0, type)
    }
    for (const type of ['no.such', '__proto__', 'constructor', 'ORDER_CREATED']) {
      assert.equal((await app.ask('GET', `${BASE}/schemas/${type}`)).status, 404, type)
    }
  })
})
