import assert from 'node:assert/strict'
import { after, afterEach, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { version } from '../../version.ts'
import type { Webhook } from './schemas.ts'
import { BASE, expectedSignature, startTestWebhooks, type TestWebhooks } from './test-webhooks.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

onEach(engines, 'sending events to webhooks', (backend) => {
  let at: TestWebhooks
  const made: string[] = []
  before(async () => {
    at = await startTestWebhooks(backend)
  })
  after(async () => await at.stop())
  afterEach(async () => {
    for (const id of made.splice(0)) await at.as('DELETE', `${BASE}/${id}`)
  })

  /** A webhook with a path of its own, gone after the test. */
  async function hook(change: Record<string, unknown> = {}) {
    const path = `/${made.length}-${Math.random().toString(36).slice(2)}`
    const webhook = await at.add({ url: at.sink.url + path, ...change })
    made.push(webhook.id)
    return { ...webhook, path }
  }
  const receivedAt = (path: string) => at.sink.received.filter((each) => each.path === path)
  const disabledEvents = async ({ id }: Pick<Webhook, 'id'>) =>
    await at.db
      .selectFrom('outbox')
      .select(['type', 'data', 'record_version'])
      .where('subject', '=', `webhook/${id}`)
      .where('type', '=', 'webhook.disabled')
      .execute()

  it('E1 sends the event as it is in the log, signed so that the receiver can verify it', async () => {
    const webhook = await hook()
    const category = await at.change()
    const [delivery] = await at.untilStates(webhook, 'delivered')
    const [received, ...others] = receivedAt(webhook.path)
    assert.ok(received !== undefined && delivery !== undefined)
    assert.deepEqual(others, [])
    const event = JSON.parse(received.body.toString())
    assert.deepEqual(
      [event.specversion, event.type, event.subject, event.data.name],
      ['1.0', 'category.created', `category/${category.id}`, category.name],
    )
    assert.equal(received.headers['webhook-id'], event.id)
    assert.equal(received.headers['webhook-signature'], expectedSignature(webhook.secret, received))
    assert.ok(Math.abs(Number(received.headers['webhook-timestamp']) - at.clock.now().getTime() / 1_000) < 60)
    assert.equal(received.headers['content-type'], 'application/json')
    assert.equal(received.headers['user-agent'], `Karya/${version}`)
    assert.deepEqual(
      [delivery.event_id, delivery.event_type, delivery.attempts, delivery.last_status, delivery.last_error],
      [event.id, 'category.created', 1, 204, null],
    )
    assert.ok(delivery.delivered_at)
    assert.equal(delivery.next_attempt_at, null)
  })

  it('E1 signs with the secret that it was given', async () => {
    const secret = `whsec_${Buffer.from('twenty-four bytes or more').toString('base64')}`
    const webhook = await hook({ secret })
    assert.equal(webhook.secret, secret)
    await at.change()
    await at.untilStates(webhook, 'delivered')
    const [received] = receivedAt(webhook.path)
    assert.equal(received?.headers['webhook-signature'], received && expectedSignature(secret, received))
  })

  it('E1 tells each webhook of its types only, and of nothing from before it was there', async () => {
    await at.change()
    await at.advance(MINUTE_MS)
    const [everything, exact, others] = [
      await hook({ event_types: ['*'] }),
      await hook({ event_types: ['order_created', 'category.created'] }),
      await hook({ event_types: ['order_*', 'category', 'category.creat'] }),
    ]
    await at.change()
    for (const webhook of [everything, exact]) {
      // The first one hears of the sign-in just before as well: clocks differ a little.
      await eventually(
        async () => await at.deliveries(webhook, '?state=delivered'),
        (found) => found.some(({ event_type }) => event_type === 'category.created'),
      )
    }
    assert.deepEqual(await at.deliveries(others), [])
    // Not even of the events of webhooks, of which there were three meanwhile.
    const types = (await at.deliveries(everything)).map(({ event_type }) => event_type)
    assert.deepEqual(
      types.filter((type) => /^(webhook|category)/.test(type)),
      ['category.created'],
    )
  })

  it('E1 tries again after a failure, with the same id and the same bytes, until it arrives', async () => {
    const webhook = await hook()
    at.sink.answer({ status: 500, body: 'not today' }, webhook.path)
    await at.change()
    const failed = await at.untilAttempts(webhook, 1)
    assert.deepEqual(
      [failed.state, failed.last_status, failed.last_error, failed.last_answer],
      ['pending', 500, 'answered 500', 'not today'],
    )
    const waitMs = Date.parse(String(failed.next_attempt_at)) - Date.parse(String(failed.last_attempt_at))
    assert.ok(waitMs >= 4_500 && waitMs <= 5_500, String(waitMs))
    at.sink.answer('drop', webhook.path)
    await at.advance(MINUTE_MS)
    const dropped = await at.untilAttempts(webhook, 2)
    assert.deepEqual([dropped.state, dropped.last_status], ['pending', null])
    assert.match(dropped.last_error ?? '', /^unreachable: /)
    at.sink.answer({ status: 200, body: 'thanks' }, webhook.path)
    await at.advance(5 * MINUTE_MS)
    const [delivered] = await at.untilStates(webhook, 'delivered')
    assert.deepEqual(
      [delivered?.attempts, delivered?.last_status, delivered?.last_answer],
      [3, 200, 'thanks'],
    )
    const [first, second, third, ...more] = receivedAt(webhook.path)
    assert.ok(first !== undefined && second !== undefined && third !== undefined)
    assert.deepEqual(more, [])
    for (const again of [second, third]) {
      assert.equal(again.headers['webhook-id'], first.headers['webhook-id'])
      assert.deepEqual(again.body, first.body)
      assert.equal(again.headers['webhook-signature'], expectedSignature(webhook.secret, again))
    }
    assert.ok(Number(third.headers['webhook-timestamp']) > Number(first.headers['webhook-timestamp']))
  })

  it('E1 disables a webhook after a day of failures, and sends what was stopped when it is enabled', async () => {
    const webhook = await hook()
    at.sink.answer({ status: 503 }, webhook.path)
    await at.change()
    await at.untilAttempts(webhook, 1)
    await at.advance(23 * HOUR_MS)
    await at.untilAttempts(webhook, 2)
    assert.equal((await at.readWebhook(webhook.id)).enabled, true)
    await at.change()
    await at.advance(2 * HOUR_MS)
    const disabled = await eventually(
      async () => await at.readWebhook(webhook.id),
      ({ enabled }) => !enabled,
    )
    assert.equal(disabled.disabled_reason, 'failing')
    const [event, ...others] = await disabledEvents(webhook)
    assert.deepEqual(others, [])
    assert.deepEqual(
      [event?.record_version, JSON.parse(event?.data ?? '').disabled_reason],
      [disabled.version, 'failing'],
    )
    await at.untilStates(webhook, 'stopped', 'stopped')

    // Of what happens meanwhile it is not told, as another one is.
    const witness = await hook()
    await at.change()
    await at.untilStates(witness, 'delivered')
    at.sink.answer({ status: 200 }, webhook.path)
    const enabled = await at.as('PATCH', `${BASE}/${webhook.id}`, { enabled: true })
    assert.deepEqual([enabled.body.enabled, enabled.body.disabled_reason], [true, null])
    await at.untilStates(webhook, 'delivered', 'delivered')
    assert.equal((await at.readWebhook(webhook.id)).enabled, true)
  })

  it('E1 gives a delivery up after a day, and counts the day of the webhook from its last success', async () => {
    const webhook = await hook()
    at.sink.answer({ status: 500 }, webhook.path)
    await at.change()
    await at.untilAttempts(webhook, 1)
    await at.advance(12 * HOUR_MS)
    await at.untilAttempts(webhook, 2)
    at.sink.answer({ status: 200 }, webhook.path)
    await at.advance(2 * HOUR_MS)
    await at.untilStates(webhook, 'delivered')
    at.sink.answer({ status: 500 }, webhook.path)
    await at.change()
    await at.untilAttempts(webhook, 1)
    // A delivery whose day is over, of a webhook that has failed for half a day only.
    await at.db
      .updateTable('webhook_deliveries')
      .set({ begun_at: new Date(at.clock.now().getTime() - 12 * HOUR_MS) })
      .where('webhook_id', '=', webhook.id)
      .execute()
    await at.advance(13 * HOUR_MS)
    await at.untilStates(webhook, 'failed', 'delivered')
    assert.equal((await at.readWebhook(webhook.id)).enabled, true)
  })

  it('E1 disables a webhook at once whose receiver is gone', async () => {
    const webhook = await hook()
    at.sink.answer({ status: 410 }, webhook.path)
    await at.change()
    await at.untilStates(webhook, 'failed')
    const disabled = await at.readWebhook(webhook.id)
    assert.deepEqual([disabled.enabled, disabled.disabled_reason], [false, 'gone'])
    assert.equal((await disabledEvents(webhook)).length, 1)
    assert.equal(receivedAt(webhook.path).length, 1)
  })

  it('E1 takes a redirect as a failure, and does not follow it', async () => {
    const webhook = await hook()
    at.sink.answer({ status: 302, headers: { location: `${at.sink.url}/elsewhere` } }, webhook.path)
    await at.change()
    const tried = await at.untilAttempts(webhook, 1)
    assert.deepEqual([tried.state, tried.last_status], ['pending', 302])
    assert.deepEqual(receivedAt('/elsewhere'), [])
  })

  it('E1 keeps five hundred characters of an answer, however long and odd it is', async () => {
    const webhook = await hook()
    at.sink.answer({ huge: 20_000_000 }, webhook.path)
    await at.change()
    const [long] = await at.untilStates(webhook, 'delivered')
    assert.equal(long?.last_answer, 'x'.repeat(500))
    at.sink.answer({ status: 200, body: `\0${'a'.repeat(498)}\u{1F600}` }, webhook.path)
    await at.change()
    const [odd] = await at.untilStates(webhook, 'delivered', 'delivered')
    assert.equal(odd?.last_answer, `\u{FFFD}${'a'.repeat(498)}\u{FFFD}`)
  })

  it('E1 lets a receiver that does not answer hold nobody else up', async () => {
    const [slow, quick] = [await hook(), await hook()]
    at.sink.answer('hang', slow.path)
    for (let count = 0; count < 20; count += 1) await at.change()
    const delivered = await eventually(
      async () => await at.deliveries(quick, '?state=delivered&limit=100'),
      ({ length }) => length === 20,
    )
    assert.equal(new Set(delivered.map(({ event_id }) => event_id)).size, 20)
    assert.ok(receivedAt(slow.path).length <= 4)
    const given = await eventually(
      async () => await at.deliveries(slow, '?limit=100'),
      (found) => found.some(({ attempts }) => attempts > 0),
      40_000,
    )
    assert.ok(given.every(({ state }) => state === 'pending'))
    assert.ok(given.some(({ last_error: error }) => error === 'timeout: no answer in time'))
  })

  it('E1 leaves a receiver that is down alone for a while, with all that waits for it', async () => {
    const webhook = await hook()
    at.sink.answer({ status: 500 }, webhook.path)
    await at.change()
    await at.untilAttempts(webhook, 1)
    for (let count = 0; count < 5; count += 1) await at.change()
    await eventually(
      async () => await at.deliveries(webhook),
      ({ length }) => length === 6,
    )
    assert.equal(receivedAt(webhook.path).length, 1)
    at.sink.answer({ status: 200 }, webhook.path)
    await at.advance(MINUTE_MS)
    await at.untilStates(webhook, ...Array.from({ length: 6 }, () => 'delivered'))
  })

  it('E1 stops at once when it is disabled by hand, and tells nobody of what is deleted', async () => {
    const webhook = await hook()
    at.sink.answer({ status: 500 }, webhook.path)
    await at.change()
    await at.untilAttempts(webhook, 1)
    const disabled = await at.as('PATCH', `${BASE}/${webhook.id}`, { enabled: false })
    assert.deepEqual([disabled.body.enabled, disabled.body.disabled_reason], [false, 'by_request'])
    await at.untilStates(webhook, 'stopped')
    const other = await hook()
    at.sink.answer({ status: 500 }, other.path)
    await at.change()
    await at.untilAttempts(other, 1)
    assert.equal((await at.as('DELETE', `${BASE}/${other.id}`)).status, 204)
    await at.advance(HOUR_MS)
    const timers = async () =>
      await at.db.selectFrom('timers').select('subject').where('kind', '=', 'webhook.send').execute()
    await eventually(timers, ({ length }) => length === 0)
    assert.deepEqual([receivedAt(webhook.path).length, receivedAt(other.path).length], [1, 1])
  })
})
