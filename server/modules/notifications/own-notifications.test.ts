import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Person } from '#tests/test-app'
import type { Notification } from './schemas.ts'
import { startTestOrders, type TestOrders } from './test-orders.ts'

const BASE = '/api/v1/notifications'

onEach(engines, 'one’s own notifications', (backend) => {
  let shop: TestOrders
  before(async () => {
    shop = await startTestOrders(backend)
  })
  after(async () => await shop.stop())

  /** Somebody who has bought so often, and was told so. */
  async function told(orders: number): Promise<Person> {
    const person = await shop.enrol()
    for (let count = 0; count < orders; count += 1) await shop.sell({ by: person })
    await eventually(
      async () => await shop.inboxOf(person),
      ({ unread }) => unread === orders,
    )
    return person
  }
  const read = async (person: Person, id: string, headers: Record<string, string> = {}) =>
    await shop.ask('PUT', `${BASE}/${id}/read`, { token: person.token, headers })
  const readAll = async (person: Person) =>
    await shop.ask('POST', `${BASE}/read-all`, { token: person.token })
  const countOf = async (person: Person) =>
    (await shop.ask('GET', `${BASE}/unread`, { token: person.token })).body
  const firstOf = async (person: Person): Promise<Notification> =>
    (await shop.inboxOf(person)).data[0] ?? assert.fail('nobody was told')
  const readEvents = async (person: Person) =>
    (
      await shop.db
        .selectFrom('outbox')
        .select(['subject', 'record_version', 'actor_id', 'data'])
        .where('type', '=', 'notification.read')
        .where('actor_id', '=', person.id)
        .orderBy('id')
        .execute()
    ).map((row) => ({ ...row, data: JSON.parse(row.data) }))

  it('S6 marks one as read, once, and tells of it with the count', async () => {
    const person = await told(2)
    const { id } = await firstOf(person)
    const first = await read(person, id)
    assert.deepEqual([first.status, first.body.version, first.headers['etag']], [200, 2, '"2"'])
    assert.ok(first.body.read_at)
    const second = await read(person, id)
    assert.deepEqual(second.body, first.body)
    assert.deepEqual(await countOf(person), { unread: 1 })
    const events = await readEvents(person)
    assert.deepEqual(
      events.map(({ subject, record_version, data }) => [
        subject,
        record_version,
        data.user_id,
        data.unread,
        data.read_at,
      ]),
      [[`notification/${id}`, 2, person.id, 1, first.body.read_at]],
    )
  })

  it('S6 marks all as read, counts down, and finds nothing to do the next time', async () => {
    const person = await told(3)
    assert.deepEqual((await readAll(person)).body, { read: 3, unread: 0 })
    assert.deepEqual((await readAll(person)).body, { read: 0, unread: 0 })
    assert.deepEqual((await shop.inboxOf(person)).unread, 0)
    const events = await readEvents(person)
    assert.deepEqual(
      events.map(({ data }) => data.unread),
      [2, 1, 0],
    )
    assert.equal(new Set(events.map(({ subject }) => subject)).size, 3)
    assert.deepEqual((await readAll(await shop.enrol())).body, { read: 0, unread: 0 })
  })

  it('S6 keeps the count right however many reads run at once', async () => {
    const person = await told(4)
    const { data } = await shop.inboxOf(person)
    const answers = await Promise.all([
      ...data.map(({ id }) => read(person, id)),
      readAll(person),
      ...data.map(({ id }) => read(person, id)),
      shop.sell({ by: person }),
    ])
    assert.ok(answers.every((answer) => !('status' in answer) || answer.status !== 500))
    await eventually(
      async () => await shop.inboxOf(person),
      (inbox) => inbox.data.length === 5,
    )
    const inbox = await shop.inboxOf(person)
    assert.equal(inbox.unread, inbox.data.filter(({ read_at }) => read_at === null).length)
    assert.ok(data.every(({ id }) => inbox.data.find((each) => each.id === id)?.version === 2))
    const subjects = (await readEvents(person)).map(({ subject }) => subject)
    assert.equal(new Set(subjects).size, subjects.length)
  })

  it('S6 does not tell a stranger’s notification from one that is missing', async () => {
    const person = await told(1)
    const stranger = await shop.enrol()
    const { id } = await firstOf(person)
    for (const which of [id, systemIds.next(), 'nonsense']) {
      const answer = await read(stranger, which)
      assert.equal(answer.status, 404)
    }
    assert.equal((await read(shop.administrator, id)).status, 404)
    assert.deepEqual(await shop.inboxOf(stranger), {
      data: [],
      page: { next_cursor: null, has_more: false },
      unread: 0,
    })
    assert.deepEqual((await readAll(stranger)).body, { read: 0, unread: 0 })
    assert.equal((await shop.inboxOf(person)).unread, 1)
  })

  it('S6 lists the newest first, page by page, those not read or those read', async () => {
    const person = await told(3)
    const all = (await shop.inboxOf(person)).data
    assert.deepEqual(
      all.map(({ id }) => id),
      all.map(({ id }) => id).toSorted((a, b) => (a < b ? 1 : -1)),
    )
    const [, second] = all
    await read(person, second?.id ?? '')
    const idsOf = async (query: string) => (await shop.inboxOf(person, query)).data.map(({ id }) => id)
    assert.deepEqual(await idsOf('unread=true'), [all[0]?.id, all[2]?.id])
    assert.deepEqual(await idsOf('unread=false'), [second?.id])
    const page = await shop.ask('GET', `${BASE}?limit=2`, { token: person.token })
    assert.deepEqual([page.body.data.length, page.body.page.has_more, page.body.unread], [2, true, 2])
    assert.deepEqual(await idsOf(`limit=2&cursor=${page.body.page.next_cursor}`), [all[2]?.id])
    for (const wrong of ['unread=yes', 'limit=0', 'cursor=x', 'user_id=1']) {
      assert.equal((await shop.ask('GET', `${BASE}?${wrong}`, { token: person.token })).status, 400, wrong)
    }
  })

  it('C7 guards the mark with If-Match', async () => {
    const person = await told(1)
    const { id } = await firstOf(person)
    assert.equal((await read(person, id, { 'if-match': '"7"' })).status, 412)
    assert.equal((await read(person, id, { 'if-match': '"1"' })).status, 200)
  })

  it('S6 asks who it is', async () => {
    for (const [method, url] of [
      ['GET', BASE],
      ['GET', `${BASE}/unread`],
      ['PUT', `${BASE}/${systemIds.next()}/read`],
      ['POST', `${BASE}/read-all`],
    ] as const) {
      assert.equal((await shop.ask(method, url)).status, 401, url)
    }
  })

  it('S6 tells of what staff do to an order, in the reader’s language, and not of what the buyer did', async () => {
    const person = await shop.enrol()
    await shop.ask('PUT', '/api/v1/users/profile', { token: person.token, body: { locale: 'id' } })
    const [moved, dropped, kept] = [
      await shop.sell({ by: person, price: 10_000 }),
      await shop.sell({ by: person }),
      await shop.sell({ by: person }),
    ]
    await shop.moveOn(moved.id, 'paid', 'processing', 'shipped', 'completed')
    assert.equal((await shop.cancel(dropped.id, person)).status, 200)
    assert.equal((await shop.cancel(kept.id, shop.administrator)).status, 200)
    const { data } = await eventually(
      async () => await shop.inboxOf(person),
      (inbox) => inbox.data.some(({ kind }) => kind === 'order_cancelled'),
    )
    const kindsOf = (order: { id: string }) =>
      data
        .filter(({ subject }) => subject === `order/${order.id}`)
        .map(({ kind }) => kind)
        .toReversed()
    assert.deepEqual(kindsOf(moved), ['order_created', 'order_paid', 'order_shipped', 'order_completed'])
    assert.deepEqual(kindsOf(dropped), ['order_created'])
    assert.deepEqual(kindsOf(kept), ['order_created', 'order_cancelled'])
    const first = data.at(-1)
    assert.deepEqual(
      [first?.title, first?.body],
      ['Pesanan diterima', `Kami telah menerima pesanan Anda ${moved.number} senilai Rp 10.000.`],
    )
    const events = await shop.db
      .selectFrom('outbox')
      .select(['data', 'actor_id'])
      .where('type', '=', 'notification.created')
      .where('subject', '=', `notification/${first?.id ?? ''}`)
      .execute()
    assert.equal(events.length, 1)
    const { user_id, unread, kind } = JSON.parse(events[0]?.data ?? '{}')
    assert.deepEqual([events[0]?.actor_id, user_id, unread, kind], [null, person.id, 1, 'order_created'])
  })
})
