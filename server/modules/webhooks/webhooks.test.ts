import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { BASE, startTestWebhooks, type TestWebhooks } from './test-webhooks.ts'

const HOSTILE_URLS: readonly (readonly [string, string])[] = [
  ['nonsense', 'invalid_url'],
  ['//hook.example/', 'invalid_url'],
  ['ftp://hook.example/', 'invalid_url'],
  ['file:///etc/passwd', 'invalid_url'],
  ['javascript:alert(1)', 'invalid_url'],
  ['https://user:password@hook.example/', 'invalid_url'],
  ['https://@hook.example/', 'invalid_url'],
  ['http://[::1', 'invalid_url'],
  ['http://127.0.0.1/', 'refused_address'],
  ['http://2130706433/', 'refused_address'],
  ['http://0x7f.1/', 'refused_address'],
  ['http://0177.0.0.1/', 'refused_address'],
  ['http://[::ffff:127.0.0.1]/', 'refused_address'],
  ['http://[::]/', 'refused_address'],
  ['http://10.0.0.8:8080/', 'refused_address'],
  ['http://169.254.169.254/latest/meta-data/', 'refused_address'],
  ['http://[fd00:ec2::254]/', 'refused_address'],
  ['http://[64:ff9b::a9fe:a9fe]/', 'refused_address'],
]

onEach(engines, 'webhooks', (backend) => {
  let at: TestWebhooks
  before(async () => {
    at = await startTestWebhooks(backend, { environment: {} })
  })
  after(async () => await at.stop())

  const eventsOf = async (id: string) =>
    await at.db
      .selectFrom('outbox')
      .select(['type', 'record_version', 'actor_id', 'data'])
      .where('subject', '=', `webhook/${id}`)
      .orderBy('id')
      .execute()
  const add = async (change: Record<string, unknown> = {}) =>
    await at.add({ url: 'https://hook.example/karya', ...change })

  it('C6 C7 makes one, shows its secret once, and answers it with its version ever after', async () => {
    const body = {
      url: 'https://HOOK.example:443/a b?c=d#e',
      event_types: ['order_created', 'user.*', 'order_created'],
      description: 'The bookkeeping',
    }
    const headers = { 'idempotency-key': randomBytes(8).toString('hex') }
    const made = await at.as('POST', BASE, body, headers)
    assert.deepEqual([made.status, made.headers['etag']], [201, '"1"'])
    assert.equal(made.headers['location'], `${BASE}/${made.body.id}`)
    const { secret, ...webhook } = made.body
    assert.match(secret, /^whsec_[\w+/]{43}=$/)
    assert.deepEqual(
      [webhook.url, webhook.event_types, webhook.description, webhook.enabled],
      ['https://hook.example/a%20b?c=d', ['order_created', 'user.*'], 'The bookkeeping', true],
    )
    const again = await at.as('POST', BASE, body, headers)
    assert.deepEqual([again.text, again.headers['idempotent-replayed']], [made.text, 'true'])
    const read = await at.as('GET', `${BASE}/${webhook.id}`)
    assert.deepEqual([read.status, read.body, read.headers['etag']], [200, webhook, '"1"'])
    const list = await at.as('GET', `${BASE}?limit=1`)
    assert.deepEqual([list.body.data, list.body.page.has_more], [[webhook], false])
  })

  it('C7 changes what is named, guarded by the version, and tells of it', async () => {
    const { secret: _, ...webhook } = await add()
    const url = `${BASE}/${webhook.id}`
    const change = { event_types: ['*'], description: null }
    const changed = await at.as('PATCH', url, change, { 'if-match': '"1"' })
    assert.deepEqual([changed.status, changed.headers['etag']], [200, '"2"'])
    assert.deepEqual(changed.body, { ...webhook, ...change, version: 2, updated_at: changed.body.updated_at })
    assert.equal((await at.as('PATCH', url, change, { 'if-match': '"1"' })).status, 412)
    assert.equal((await at.as('PATCH', url, {})).status, 400)
    assert.equal((await at.as('PATCH', url, { secret: webhook.url })).status, 400)
    assert.equal((await at.as('DELETE', url, undefined, { 'if-match': '"1"' })).status, 412)
    assert.equal((await at.as('DELETE', url, undefined, { 'if-match': '"2"' })).status, 204)
    for (const [method, path] of [
      ['GET', url],
      ['PATCH', url],
      ['DELETE', url],
      ['GET', `${url}/deliveries`],
      ['POST', `${url}/deliveries/${webhook.id}/redeliver`],
    ] as const) {
      const body = method === 'PATCH' ? change : undefined
      const { status, body: problem } = await at.as(method, path, body)
      assert.deepEqual([status, problem.code], [404, 'webhook_not_found'], `${method} ${path}`)
    }
    const events = await eventsOf(webhook.id)
    assert.deepEqual(
      events.map(({ type, record_version, actor_id }) => [type, record_version, actor_id]),
      [
        ['webhook.created', 1, at.administrator.id],
        ['webhook.updated', 2, at.administrator.id],
        ['webhook.deleted', 3, at.administrator.id],
      ],
    )
  })

  it('F11 lets only administrators see and change them', async () => {
    const { id } = await add()
    const calls = [
      ['GET', BASE],
      ['POST', BASE],
      ['GET', `${BASE}/${id}`],
      ['PATCH', `${BASE}/${id}`],
      ['DELETE', `${BASE}/${id}`],
      ['GET', `${BASE}/${id}/deliveries`],
      ['POST', `${BASE}/${id}/deliveries/${id}/redeliver`],
    ] as const
    const others = [await at.enrol('production_manager'), await at.enrol('agent'), await at.enrol()]
    for (const [method, path] of calls) {
      assert.equal((await at.ask(method, path)).status, 401, `${method} ${path}`)
      for (const { token, email } of others) {
        assert.equal((await at.ask(method, path, { token })).status, 403, `${email} ${method} ${path}`)
      }
    }
    const made = await at.as('POST', '/api/v1/tokens', { name: 'reader', permissions: ['webhooks:read'] })
    const { token } = made.body
    const statuses: Record<string, number> = {}
    for (const [method, path] of calls) {
      statuses[`${method} ${path.replaceAll(id, ':id')}`] = (await at.ask(method, path, { token })).status
    }
    assert.deepEqual(Object.values(statuses), [200, 403, 200, 403, 403, 200, 403], JSON.stringify(statuses))
  })

  it('refuses addresses that nothing may be sent to, and says which field is wrong', async () => {
    const { id } = await add()
    for (const [url, code] of HOSTILE_URLS) {
      const made = await at.as('POST', BASE, { url, event_types: ['*'] })
      const changed = await at.as('PATCH', `${BASE}/${id}`, { url })
      for (const { status, body } of [made, changed]) {
        const [field] = body.errors ?? []
        assert.deepEqual([status, field?.pointer, field?.code], [400, '/url', code], url)
      }
    }
  })

  it('refuses types that do not exist in this form, or are never sent, and secrets that are too weak', async () => {
    const url = 'https://hook.example/'
    const weak = [
      '',
      'hush',
      'whsec_',
      'whsec_aHVzaA==',
      `whsec_${'é'.repeat(40)}`,
      randomBytes(32).toString('base64'),
      `whsec_${randomBytes(65).toString('base64')}`,
    ]
    const bodies: readonly (readonly [unknown, string])[] = [
      [{ url }, '/event_types'],
      [{ url, event_types: [] }, '/event_types'],
      [{ url, event_types: ['order_created', 'Order created'] }, '/event_types/1'],
      [{ url, event_types: ['order*created'] }, '/event_types/0'],
      [{ url, event_types: ['*', 'webhook.*'] }, '/event_types/1'],
      [{ url, event_types: ['webhook.created'] }, '/event_types/0'],
      [{ event_types: ['*'] }, '/url'],
      [{ url, event_types: ['*'], description: 'a\0b' }, '/description'],
      ...weak.map((secret) => [{ url, event_types: ['*'], secret }, '/secret'] as const),
    ]
    for (const [body, pointer] of bodies) {
      const answer = await at.as('POST', BASE, body)
      const [field] = answer.body.errors ?? []
      assert.deepEqual([answer.status, field?.pointer], [400, pointer], JSON.stringify(body))
    }
  })

  it('refuses a private address when connecting, whatever name it goes by, and sends nothing', async () => {
    const webhook = await add({ url: at.sink.namedUrl, event_types: ['category.*'] })
    await at.change()
    const tried = await at.untilAttempts(webhook, 1)
    assert.deepEqual([tried.state, tried.last_status, tried.last_answer], ['pending', null, null])
    assert.match(tried.last_error ?? '', /^refused_address: /)
    assert.equal(at.sink.connections().ever, 0)
    await at.as('DELETE', `${BASE}/${webhook.id}`)
  })

  it('C3 keeps the secret out of rows, events, errors and the log', async () => {
    const secret = `whsec_${Buffer.from(`hush-${randomBytes(20).toString('hex')}`).toString('base64')}`
    const { id } = await add({ secret, event_types: ['category.*'] })
    const wrong = await at.as('POST', BASE, { url: 'nonsense', event_types: ['*'], secret })
    assert.equal(wrong.status, 400)
    await at.as('PATCH', `${BASE}/${id}`, { enabled: false })
    const answers = [
      wrong.text,
      (await at.as('GET', BASE)).text,
      (await at.as('GET', `${BASE}/${id}`)).text,
      (await at.as('GET', '/api/v1/events?limit=100')).text,
    ]
    const rows = [
      await at.db.selectFrom('webhooks').selectAll().execute(),
      await at.db.selectFrom('outbox').selectAll().execute(),
      await at.db.selectFrom('idempotency_keys').selectAll().execute(),
    ]
    const seen = JSON.stringify(rows) + answers.join('') + at.logged()
    for (const hidden of [secret, secret.slice(6), Buffer.from(secret.slice(6), 'base64').toString()]) {
      assert.ok(!seen.includes(hidden))
    }
    assert.ok(seen.includes(id))
  })
})
