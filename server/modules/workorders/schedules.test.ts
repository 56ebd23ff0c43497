import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startTestFloor, type TestFloor } from './test-floor.ts'

const BASE = '/api/v1/workorders/schedules'
/** From a Monday on, long after every run of this test. */
const START = '2040-01-02'
const SCHEDULE = {
  name: 'Roti pagi',
  rule: { frequency: 'weekly', weekdays: ['monday', 'thursday'] },
  start: START,
  product_name: 'Roti',
  quantity: 40,
  lead_days: 1,
}
const DAYS = ['2040-01-02', '2040-01-05', '2040-01-09', '2040-01-12', '2040-01-16']

onEach(engines, 'schedules', (backend) => {
  let floor: TestFloor
  let token: string
  before(async () => {
    floor = await startTestFloor(backend)
    token = floor.manager.token
    // Everybody is known here once their events have come round.
    await floor.openOrder()
    await floor.openOrder({ operator_id: floor.stranger.id })
  })
  after(async () => await floor.stop())

  const post = async (fields: object = {}, headers: Record<string, string> = {}) =>
    await floor.ask('POST', BASE, { token, body: { ...SCHEDULE, ...fields }, headers })
  const put = async (id: string, body: object, headers: Record<string, string> = {}) =>
    await floor.ask('PUT', `${BASE}/${id}`, { token, body, headers })
  const read = async (id: string) => (await floor.ask('GET', `${BASE}/${id}`, { token })).body
  async function create(fields: object = {}) {
    const { status, text, body } = await post(fields)
    assert.equal(status, 201, text)
    return body
  }
  const typesOf = async (id: string) =>
    (await floor.eventsOf(`work_schedule/${id}`)).map(({ type, record_version: version }) => [type, version])

  it('a schedule tells all of itself and its next five days, with its ETag and where it is', async () => {
    const answer = await post({
      operator_id: floor.operator.id,
      operator_ids: [floor.stranger.id],
      allowance: 3,
      priority: 'high',
      notes: 'Tanpa gula',
    })
    assert.equal(answer.status, 201, answer.text)
    const { id, created_at: createdAt, updated_at: updatedAt, ...rest } = answer.body
    assert.equal(createdAt, updatedAt)
    assert.deepEqual(rest, {
      name: 'Roti pagi',
      status: 'active',
      rule: SCHEDULE.rule,
      start: START,
      product_id: null,
      product_name: 'Roti',
      quantity: 40,
      allowance: 3,
      priority: 'high',
      operator_id: floor.operator.id,
      operator_ids: [floor.operator.id, floor.stranger.id],
      notes: 'Tanpa gula',
      lead_days: 1,
      next_days: DAYS,
      last_raised: null,
      created_by: floor.manager.id,
      version: 1,
    })
    assert.equal(answer.headers['etag'], '"1"')
    assert.equal(answer.headers['location'], `${BASE}/${id}`)
    assert.deepEqual(await read(id), answer.body)
    const [created] = await floor.eventsOf(`work_schedule/${id}`)
    assert.deepEqual([created?.type, created?.data], ['work_schedule.created', answer.body])
    const known = await floor.ask('GET', `${BASE}/${id}`, { token, headers: { 'if-none-match': '"1"' } })
    assert.equal(known.status, 304)
  })

  it('it has every kind of rule', async () => {
    const cases = [
      [{ frequency: 'daily', every: 2, count: 3 }, ['2040-01-02', '2040-01-04', '2040-01-06']],
      [{ frequency: 'daily', until: '2040-01-03' }, ['2040-01-02', '2040-01-03']],
      [{ frequency: 'monthly', day: 31, count: 2 }, ['2040-01-31', '2040-02-29']],
      [{ frequency: 'monthly', day: 'last', every: 13, count: 2 }, ['2040-01-31', '2041-02-28']],
      [
        { frequency: 'monthly', nth_weekday: { nth: 'last', weekday: 'friday' }, count: 2 },
        ['2040-01-27', '2040-02-24'],
      ],
      [{ frequency: 'yearly', month: 2, day: 29, count: 2 }, ['2040-02-29', '2041-02-28']],
    ] as const
    for (const [rule, days] of cases) {
      const schedule = await create({ rule })
      assert.deepEqual(schedule.rule, rule)
      assert.deepEqual(schedule.next_days, days)
    }
  })

  it('C6 a repeated request makes one schedule', async () => {
    const headers = { 'idempotency-key': 'schedule-once' }
    const [once, again] = [await post({}, headers), await post({}, headers)]
    assert.equal(again.text, once.text)
    assert.equal(again.headers['idempotent-replayed'], 'true')
  })

  it('C5 schedules are listed page by page, newest first, without those deleted', async () => {
    const ids = []
    for (const name of ['Satu', 'Dua', 'Tiga']) ids.unshift((await create({ name })).id)
    await floor.ask('DELETE', `${BASE}/${ids[1]}`, { token })
    const first = await floor.ask('GET', `${BASE}?limit=1`, { token })
    const { data, page } = first.body
    assert.deepEqual([data[0].id, page.has_more], [ids[0], true])
    const next = await floor.ask('GET', `${BASE}?limit=1&cursor=${page.next_cursor}`, { token })
    assert.equal(next.body.data[0].id, ids[2])
    const numbered = await floor.ask('GET', `${BASE}?limit=1&page=2`, { token })
    assert.equal(numbered.body.data[0].id, ids[2])
  })

  it('C7 a change names its version, and what is as it was is no change', async () => {
    const { id } = await create({ operator_id: floor.operator.id })
    const { name, rule, start, quantity, operator_ids: operatorIds } = await read(id)
    const same = await put(id, { name, rule, start, quantity, operator_ids: operatorIds })
    assert.deepEqual([same.status, same.body.version], [200, 1])
    const changed = await put(id, { quantity: 50, notes: 'Lebih' }, { 'if-match': '"1"' })
    assert.deepEqual(
      [changed.body.quantity, changed.body.notes, changed.body.version, changed.headers['etag']],
      [50, 'Lebih', 2, '"2"'],
    )
    assert.deepEqual(changed.body.next_days, DAYS)
    for (const [method, path] of [
      ['PUT', ''],
      ['DELETE', ''],
      ['POST', '/pause'],
      ['POST', '/resume'],
    ] as const) {
      const body = method === 'PUT' ? { quantity: 60 } : undefined
      const stale = await floor.ask(method, `${BASE}/${id}${path}`, {
        token,
        headers: { 'if-match': '"1"' },
        ...(body === undefined ? {} : { body }),
      })
      assert.deepEqual([stale.status, stale.body.code, stale.body.current_version], [412, 'stale', 2], path)
    }
    assert.deepEqual(await typesOf(id), [
      ['work_schedule.created', 1],
      ['work_schedule.updated', 2],
    ])
  })

  it('another rule and another start give other days, and take the place of those before', async () => {
    const { id } = await create()
    const other = await put(id, { rule: { frequency: 'monthly', day: 'last' }, start: '2041-02-01' })
    assert.equal(other.status, 200, other.text)
    assert.deepEqual(other.body.next_days.slice(0, 2), ['2041-02-28', '2041-03-31'])
    const [timer] = await floor.db
      .selectFrom('timers')
      .select('due_at')
      .where('subject', '=', id)
      .where('kind', '=', 'work_schedule.raise')
      .execute()
    assert.equal(timer?.due_at.toISOString(), '2041-02-27T17:00:00.000Z')
  })

  it('it ends where its days are past, and never was where it has none', async () => {
    const ended = await create({ rule: { frequency: 'daily', until: '2020-01-02' }, start: '2020-01-01' })
    assert.deepEqual([ended.status, ended.next_days], ['ended', []])
    const refused = await post({ rule: { frequency: 'monthly', day: 31, until: '2040-01-30' } })
    assert.deepEqual([refused.status, refused.body.errors[0].pointer], [400, '/rule/until'])
  })

  it('pausing and resuming are said once, and a paused one has no days', async () => {
    const { id } = await create()
    for (const path of ['pause', 'pause']) {
      const paused = await floor.ask('POST', `${BASE}/${id}/${path}`, { token })
      assert.deepEqual([paused.status, paused.body.status, paused.body.next_days], [200, 'paused', []])
      assert.equal(paused.body.version, 2)
    }
    const moved = await put(id, { rule: { frequency: 'daily' } })
    assert.deepEqual([moved.body.status, moved.body.next_days], ['paused', []])
    for (const path of ['resume', 'resume']) {
      const resumed = await floor.ask('POST', `${BASE}/${id}/${path}`, { token })
      assert.deepEqual([resumed.status, resumed.body.status, resumed.body.version], [200, 'active', 4])
      assert.equal(resumed.body.next_days[1], '2040-01-03')
    }
  })

  it('what is deleted is gone, with its timer', async () => {
    const { id } = await create()
    assert.equal((await floor.ask('DELETE', `${BASE}/${id}`, { token })).status, 204)
    for (const [method, path, body] of [
      ['GET', ''],
      ['PUT', '', { quantity: 1 }],
      ['DELETE', ''],
      ['POST', '/pause'],
      ['POST', '/resume'],
    ] as const) {
      const answer = await floor.ask(method, `${BASE}/${id}${path}`, { token, ...(body ? { body } : {}) })
      assert.deepEqual([answer.status, answer.body.code], [404, 'schedule_not_found'], `${method} ${path}`)
    }
    assert.deepEqual(await typesOf(id), [
      ['work_schedule.created', 1],
      ['work_schedule.deleted', 2],
    ])
    const timers = await floor.db.selectFrom('timers').select('kind').where('subject', '=', id).execute()
    assert.deepEqual(timers, [])
  })

  it('a product of the shop gives its name, and one that is gone is not chosen', async () => {
    const { token: administrator } = floor.administrator
    const category = await floor.ask('POST', '/api/v1/categories', {
      token: administrator,
      body: { name: 'Kue' },
    })
    const product = await floor.ask('POST', '/api/v1/products', {
      token: administrator,
      body: { name: 'Bolu', price: 1, stock: 0, category_id: category.body.id },
    })
    const productId = product.body.id
    const made = await eventually(
      async () => await post({ product_id: productId }),
      ({ status }) => status === 201,
    )
    assert.deepEqual([made.body.product_id, made.body.product_name], [productId, 'Bolu'])
    const renamed = await put(made.body.id, { product_name: 'Lain' })
    assert.deepEqual([renamed.status, renamed.body.errors[0].pointer], [400, '/product_name'])
    await floor.ask('DELETE', `/api/v1/products/${productId}`, { token: administrator })
    const refused = await eventually(
      async () => await post({ product_id: productId }),
      ({ status }) => status === 409,
    )
    assert.equal(refused.body.code, 'product_deleted')
    const kept = await put(made.body.id, { product_id: productId, quantity: 9 })
    assert.deepEqual([kept.status, kept.body.product_id], [200, productId])
    const another = await put(made.body.id, { product_id: null, product_name: 'Bolu sendiri' })
    assert.deepEqual([another.body.product_id, another.body.product_name], [null, 'Bolu sendiri'])
  })

  it('C7 of two changes of the same version at once one is made', async () => {
    const { id } = await create()
    const headers = { 'if-match': '"1"' }
    const answers = await Promise.all([put(id, { quantity: 1 }, headers), put(id, { quantity: 2 }, headers)])
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 412])
    assert.equal((await read(id)).version, 2)
  })
})
