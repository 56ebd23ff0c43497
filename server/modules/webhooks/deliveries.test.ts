import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { BASE, expectedSignature, startTestWebhooks, type TestWebhooks } from './test-webhooks.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

onEach(engines, 'the deliveries of a webhook', (backend) => {
  let at: TestWebhooks
  before(async () => {
    at = await startTestWebhooks(backend)
  })
  after(async () => await at.stop())

  const redeliver = async (webhookId: string, id: string, headers?: Record<string, string>) =>
    await at.as('POST', `${BASE}/${webhookId}/deliveries/${id}/redeliver`, undefined, headers)

  it('E1 sends what was delivered again when it is asked to, with the same bytes and the same id', async () => {
    const path = '/redelivered'
    const webhook = await at.add({ url: at.sink.url + path })
    await at.change()
    const [delivery] = await at.untilStates(webhook, 'delivered')
    const asked = await redeliver(webhook.id, delivery?.id ?? '')
    assert.deepEqual(
      [asked.status, asked.body.state, asked.body.attempts, asked.body.delivered_at],
      [200, 'pending', 0, null],
    )
    assert.deepEqual(asked.headers['etag'], `"${(delivery?.version ?? 0) + 1}"`)
    await at.untilStates(webhook, 'delivered')
    const [first, second, ...others] = at.sink.received.filter((each) => each.path === path)
    assert.ok(first !== undefined && second !== undefined)
    assert.deepEqual(others, [])
    assert.deepEqual(second.body, first.body)
    assert.equal(second.headers['webhook-id'], first.headers['webhook-id'])
    assert.equal(second.headers['webhook-signature'], expectedSignature(webhook.secret, second))
    await at.as('DELETE', `${BASE}/${webhook.id}`)
  })

  it('E1 C6 sends once what is asked for twice with one key, and does not wait for a pause', async () => {
    const path = '/asked-for'
    const webhook = await at.add({ url: at.sink.url + path })
    at.sink.answer({ status: 500 }, path)
    await at.change()
    const failed = await at.untilAttempts(webhook, 1)
    at.sink.answer({ status: 200 }, path)
    const headers = { 'idempotency-key': 'again' }
    const [first, second] = [
      await redeliver(webhook.id, failed.id, headers),
      await redeliver(webhook.id, failed.id, headers),
    ]
    assert.equal(second.text, first.text)
    await at.untilStates(webhook, 'delivered')
    assert.equal(at.sink.received.filter((each) => each.path === path).length, 2)
    await at.as('DELETE', `${BASE}/${webhook.id}`)
  })

  it('E1 refuses to send again for a disabled webhook, and what belongs to another one', async () => {
    const [webhook, other] = [await at.add(), await at.add()]
    await at.change()
    const [delivery] = await at.untilStates(webhook, 'delivered')
    const id = delivery?.id ?? ''
    assert.equal((await redeliver(other.id, id)).body.code, 'webhook_delivery_not_found')
    assert.equal((await redeliver(webhook.id, systemIds.next())).status, 404)
    assert.equal((await redeliver(webhook.id, id, { 'if-match': '"1"' })).status, 412)
    await at.as('PATCH', `${BASE}/${webhook.id}`, { enabled: false })
    const refused = await redeliver(webhook.id, id)
    assert.deepEqual([refused.status, refused.body.code], [409, 'webhook_is_disabled'])
    for (const each of [webhook, other]) await at.as('DELETE', `${BASE}/${each.id}`)
  })

  it('C5 lists them newest first, page by page and by state, and refuses what it does not know', async () => {
    const webhook = await at.add({ url: `${at.sink.url}/listed` })
    await at.change()
    await at.untilStates(webhook, 'delivered')
    at.sink.answer({ status: 500 }, '/listed')
    await at.change()
    const all = await at.untilStates(webhook, 'pending', 'delivered')
    const list = async (query: string) =>
      (await at.as('GET', `${BASE}/${webhook.id}/deliveries${query}`)).body
    const first = await list('?limit=1')
    assert.deepEqual([first.data[0].id, first.page.has_more], [all[0]?.id, true])
    const second = await list(`?limit=1&cursor=${first.page.next_cursor}`)
    assert.deepEqual([second.data[0].id, second.page.has_more], [all[1]?.id, false])
    assert.deepEqual((await list('?state=delivered')).data, second.data)
    assert.deepEqual((await list('?state=stopped')).data, [])
    assert.equal((await list('?state=nonsense')).status, 400)
    assert.equal((await list('?unknown=1')).status, 400)
    assert.ok(!('body' in first.data[0]) && !('secret' in first.data[0]))
    await at.as('DELETE', `${BASE}/${webhook.id}`)
  })

  it('E1 clears away after thirty days what was sent, and nothing younger', async () => {
    const webhook = await at.add()
    await at.change()
    await at.untilStates(webhook, 'delivered')
    await at.advance(20 * DAY_MS)
    await at.change()
    await at.untilStates(webhook, 'delivered', 'delivered')
    await at.advance(10 * DAY_MS + 60_000)
    const left = await eventually(
      async () => await at.deliveries(webhook),
      ({ length }) => length === 1,
    )
    assert.equal(left[0]?.state, 'delivered')
    await at.as('DELETE', `${BASE}/${webhook.id}`)
  })
})
