import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { EventEnvelope } from '#platform/events/envelope'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type Person, startTestApp, type TestApp } from '#tests/test-app'
import { findChanges, merge } from './changes.ts'
import { activityConsumer } from './events.ts'
import type { ActivityEntry } from './schemas.ts'

const ACTIVITY = '/api/v1/activity'
const AUDIT = '/api/v1/audit'

describe('what an event has changed', () => {
  it('is each field whose value differs from the last that was told, deep ones by their value', () => {
    const known = merge([{ id: '1', name: 'Kopi', stock: 5, tags: ['a'] }, { stock: 4 }])
    assert.deepEqual(findChanges(known, { id: '2', name: 'Kopi', stock: 3, tags: ['a'], version: 9 }), [
      { field: 'stock', before: 4, after: 3 },
    ])
    assert.deepEqual(findChanges({}, { name: 'Teh', img: null }), [
      { field: 'name', before: null, after: 'Teh' },
    ])
    assert.deepEqual(findChanges(known, { tags: ['a', 'b'] }), [
      { field: 'tags', before: ['a'], after: ['a', 'b'] },
    ])
  })
})

/** What another service announces of a record. */
function foreign(subject: string, version: number): EventEnvelope {
  return {
    specversion: '1.0',
    id: `018f0000-0000-7000-8000-${crypto.randomUUID().slice(24)}`,
    source: '/karya/another',
    type: 'task.updated',
    subject,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    dataschema: 'urn:karya:event-schema:task.updated',
    data: {},
    position: version,
    recordversion: version,
  }
}

onEach(engines, 'activity', (backend) => {
  let app: TestApp
  let agent: Person
  before(async () => {
    app = await startTestApp(backend)
    agent = await app.enrol('agent')
  })
  after(async () => await app.stop())

  const list = async (url: string, token = app.administrator.token): Promise<ActivityEntry[]> => {
    const { status, text, body } = await app.ask('GET', url, { token })
    assert.equal(status, 200, text)
    return body.data
  }
  const timeline = async (subject: string, count: number) =>
    await eventually(
      async () => await list(`${ACTIVITY}?subject=${subject}`),
      (entries) => entries.length >= count,
    )
  const createProduct = async () => {
    const { token } = app.administrator
    const category = await app.ask('POST', '/api/v1/categories', {
      token,
      body: { name: `Kopi ${crypto.randomUUID()}` },
    })
    const { body } = await app.ask('POST', '/api/v1/products', {
      token,
      body: { name: 'Gayo', price: 50_000, stock: 10, category_id: category.body.id },
    })
    return body
  }

  it('E3 tells who did what to a record, before and after, newest first', async () => {
    const product = await createProduct()
    const { token } = app.administrator
    const url = `/api/v1/products/${product.id}`
    assert.equal((await app.ask('PUT', url, { token, body: { price: 60_000 } })).status, 200)
    const buyer = await app.enrol()
    const order = await app.ask('POST', '/api/v1/transactions', {
      token: buyer.token,
      body: { products: [{ id: product.id, quantity: 3 }] },
    })
    assert.equal(order.status, 201)
    await app.ask('PUT', url, { token, body: { name: 'Gayo Super' } })
    const [renamed, sold, dearer, created] = await timeline(`product/${product.id}`, 4)
    assert.equal(created?.type, 'product.created')
    assert.ok(
      created?.changes.some(
        ({ field, before, after }) => field === 'name' && before === null && after === 'Gayo',
      ),
    )
    assert.deepEqual(dearer?.changes, [{ field: 'price', before: 50_000, after: 60_000 }])
    assert.equal(dearer?.actor?.id, app.administrator.id)
    assert.equal(dearer?.actor?.name, 'Administrator')
    assert.deepEqual(
      sold?.changes.find(({ field }) => field === 'stock'),
      { field: 'stock', before: 10, after: 7 },
    )
    assert.equal(sold?.actor?.id, buyer.id)
    // The sale told nothing of the name, and the name is known all the same.
    assert.deepEqual(renamed?.changes, [{ field: 'name', before: 'Gayo', after: 'Gayo Super' }])
  })

  it('E3 pages through without gap or repeat, and filters by type and by who did it', async () => {
    const product = await createProduct()
    const url = `/api/v1/products/${product.id}`
    for (let price = 1; price <= 6; price += 1) {
      await app.ask('PUT', url, { token: app.administrator.token, body: { price } })
    }
    const all = (await timeline(`product/${product.id}`, 7)).map(({ record_version: version }) => version)
    assert.deepEqual(all, [7, 6, 5, 4, 3, 2, 1])
    const seen: number[] = []
    let cursor = ''
    do {
      const { body } = await app.ask('GET', `${ACTIVITY}?subject=product/${product.id}&limit=3${cursor}`, {
        token: agent.token,
      })
      seen.push(...body.data.map((entry: ActivityEntry) => entry.record_version))
      cursor = body.page.next_cursor === null ? '' : `&cursor=${body.page.next_cursor}`
    } while (cursor !== '')
    assert.deepEqual(seen, all)
    const updates = await list(`${ACTIVITY}?subject=product/${product.id}&type=product.up*`)
    assert.equal(updates.length, 6)
    assert.deepEqual(await list(`${ACTIVITY}?subject=product/${product.id}&actor_id=${agent.id}`), [])
    for (const wrong of ['cursor=x', 'limit=0', 'actor_id=1', 'what=1']) {
      assert.equal((await app.ask('GET', `${ACTIVITY}?${wrong}`, { token: agent.token })).status, 400, wrong)
    }
  })

  it('F11 tells nobody of a hidden product who may not see it, nor what it was called then', async () => {
    const { token } = app.administrator
    const { id } = await createProduct()
    const url = `/api/v1/products/${id}`
    for (const body of [
      { active: false },
      { name: 'Rahasia' },
      { name: 'Gayo "active":false' },
      { active: true },
    ])
      assert.equal((await app.ask('PUT', url, { token, body })).status, 200)
    const all = await timeline(`product/${id}`, 5)
    assert.deepEqual(
      all.map(({ data }) => data['active']),
      [true, false, false, false, true],
    )
    const seen = await list(`${ACTIVITY}?subject=product/${id}`, agent.token)
    assert.deepEqual(
      seen.map(({ data }) => data['active']),
      [true, true],
    )
    assert.deepEqual(
      seen[0]?.changes.find(({ field }) => field === 'name'),
      { field: 'name', before: 'Gayo', after: 'Gayo "active":false' },
    )
    assert.ok(!JSON.stringify(seen).includes('Rahasia'))
  })

  it('F11 I6 tells of each kind of record those who may read it, and a token no more than it may read', async () => {
    const kinds = {
      order_created: 'transactions:read_any',
      'payment.recorded': 'transactions:read_any',
      'work_order.created': 'workorders:read',
      'work_bill.updated': 'workorders:read',
      'product_demand.changed': 'workorders:read',
      'work_schedule.created': 'workorders:write',
      'product.stock_changed': 'stock:read',
      'ticket.created': 'tickets:read_any',
      'task.created': 'tasks:read_any',
      'category.created': null,
    }
    const record = crypto.randomUUID()
    await app.db.transaction().execute(async (trx) => {
      for (const [position, type] of Object.keys(kinds).entries())
        await activityConsumer.handle({ ...foreign(`record/${record}`, position + 1), type }, trx)
    })
    const told = async (token: string) =>
      new Set((await list(`${ACTIVITY}?subject=record/${record}`, token)).map(({ type }) => type))
    const tokenWith = async (...permissions: readonly string[]): Promise<string> => {
      const body = { name: 'Robot', permissions: ['activity:read', ...permissions] }
      const made = await app.ask('POST', '/api/v1/tokens', { token: app.administrator.token, body })
      assert.equal(made.status, 201, made.text)
      return made.body.token
    }
    assert.deepEqual(await told(app.administrator.token), new Set(Object.keys(kinds)))
    assert.ok(!(await told(agent.token)).has('work_schedule.created'))
    const always = ['category.created']
    assert.deepEqual(await told(await tokenWith()), new Set(always))
    for (const permission of new Set(Object.values(kinds))) {
      if (permission === null) continue
      const expected = Object.entries(kinds).filter(([, needed]) => needed === permission)
      assert.deepEqual(
        await told(await tokenWith(permission)),
        new Set([...always, ...expected.map(([type]) => type)]),
        permission,
      )
    }
  })

  it('audits sign-ins, roles and tokens for those who administer accounts, and shows them to nobody else', async () => {
    const person = await app.enrol('operator')
    const { token } = app.administrator
    await app.ask('PATCH', `/api/v1/users/${person.id}`, { token, body: { role: 'agent' } })
    const made = await app.ask('POST', '/api/v1/tokens', {
      token: person.token,
      body: { name: 'till', permissions: ['transactions:read'] },
    })
    assert.equal(made.status, 201, made.text)
    for (let use = 0; use < 3; use += 1) {
      app.clock.advance(61_000)
      const { status } = await app.ask('GET', '/api/v1/transactions', { token: made.body.token })
      assert.equal(status, 200)
    }
    const audit = await eventually(
      async () => await list(`${AUDIT}?limit=100`),
      (entries) => entries.some(({ subject }) => subject === `api_token_use/${made.body.id}`),
    )
    assert.ok(audit.some(({ subject }) => subject === `api_token/${made.body.id}`))
    const uses = audit.filter(({ subject }) => subject === `api_token_use/${made.body.id}`)
    assert.deepEqual(
      uses.map(({ type }) => type),
      ['api_token.used'],
    )
    const role = audit
      .find(({ type, subject }) => type === 'user.updated' && subject === `user/${person.id}`)
      ?.changes.find(({ field }) => field === 'role')
    assert.deepEqual(role, { field: 'role', before: 'operator', after: 'agent' })
    const signedIn = audit.find(
      ({ type, data }) => type === 'session.started' && data['user_id'] === person.id,
    )
    assert.equal(signedIn?.actor?.id, person.id)
    assert.ok(!JSON.stringify(audit).includes(made.body.token))
    for (const { token: other } of [agent, person]) {
      assert.equal((await app.ask('GET', AUDIT, { token: other })).status, 403)
      const seen = await list(`${ACTIVITY}?limit=100`, other)
      assert.ok(seen.length > 0)
      assert.ok(seen.every(({ type }) => !/^(user|session|api_token|webhook|notification)\./.test(type)))
      assert.deepEqual(await list(`${ACTIVITY}?subject=user/${person.id}`, other), [])
    }
    const customer = await app.enrol()
    assert.equal((await app.ask('GET', ACTIVITY, { token: customer.token })).status, 403)
    assert.equal((await app.ask('GET', ACTIVITY)).status, 401)
  })

  it('T6 keeps what another service announces, once, and tells it with the rest', async () => {
    const subject = `task/${crypto.randomUUID()}`
    const event = (version: number, title: string) => ({
      ...foreign(subject, version),
      data: { title },
      actorid: agent.id,
    })
    await app.db.transaction().execute(async (trx) => {
      await activityConsumer.handle(event(1, 'Sweep'), trx)
      await activityConsumer.handle(event(2, 'Sweep the floor'), trx)
      await activityConsumer.handle({ ...event(1, 'x'), type: 'notification.created' }, trx)
    })
    const entries = await list(`${ACTIVITY}?subject=${subject}`)
    assert.deepEqual(
      entries.map(({ changes }) => changes).find(([change]) => change?.before !== null),
      [{ field: 'title', before: 'Sweep', after: 'Sweep the floor' }],
    )
    assert.equal(entries.length, 2)
    assert.equal(entries[0]?.actor?.id, agent.id)
    // A task is nobody's affair but its owner's and of who it was given to.
    assert.deepEqual(await list(`${ACTIVITY}?subject=${subject}`, agent.token), [])
  })
})
