import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '#platform/errors'
import { createWebhookLanes } from './lanes.ts'
import { afterPause, isMeant, isOver, nextAttemptAt, pausedUntil } from './rules.ts'
import { createSealing, isSecret, newSecret, sign } from './secrets.ts'
import { readUrl } from './url.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const now = new Date('2026-11-21T09:00:00.000Z')
const middle = () => 0.5
const inMs = (at: Date) => at.getTime() - now.getTime()

describe('when a webhook is tried again', () => {
  it('waits longer after each failure, and an hour in the end', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 30].map((attempts) => inMs(nextAttemptAt(now, attempts, middle)))
    const expected = [5_000, 30_000, 120_000, 600_000, 1_800_000, HOUR_MS, HOUR_MS, HOUR_MS]
    assert.deepEqual(waits.map(Math.round), expected)
    assert.equal(inMs(nextAttemptAt(now, 2, () => 0)), 27_000)
    assert.ok(inMs(nextAttemptAt(now, 2, () => 0.999)) < 33_000)
  })

  it('leaves a receiver alone for half as long as it has failed, five seconds at least and an hour at most', () => {
    const pause = (failingMs: number) => inMs(pausedUntil(now, new Date(now.getTime() - failingMs)))
    assert.deepEqual([0, 10 * SECOND_MS, MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 20 * HOUR_MS].map(pause), [
      5 * SECOND_MS,
      5 * SECOND_MS,
      30 * SECOND_MS,
      30 * MINUTE_MS,
      HOUR_MS,
      HOUR_MS,
    ])
  })

  it('spreads what has waited for the end of a pause', () => {
    const until = new Date(now.getTime() + MINUTE_MS)
    assert.equal(inMs(afterPause(now, until, () => 0)), MINUTE_MS)
    assert.equal(inMs(afterPause(now, until, () => 0.5)), MINUTE_MS + 3_500)
  })

  it('is over after a day', () => {
    assert.equal(isOver(new Date(now.getTime() - 24 * HOUR_MS), now), true)
    assert.equal(isOver(new Date(now.getTime() - 24 * HOUR_MS + 1), now), false)
  })
})

describe('what a webhook hears of', () => {
  const meant = (eventTypes: string[], type: string, time = now.toISOString()) =>
    isMeant({ eventTypes, createdAt: now }, { type, time })

  it('follows its types, a star standing for any end', () => {
    assert.ok(meant(['*'], 'order_created'))
    assert.ok(meant(['user.*'], 'user.registered'))
    assert.ok(meant(['nothing', 'order_created'], 'order_created'))
    assert.ok(!meant(['user.*'], 'users'))
    assert.ok(!meant(['order'], 'order_created'))
    assert.ok(!meant(['order_created'], 'order_created_again'))
  })

  it('leaves out the events of webhooks, whatever its types', () => {
    for (const wanted of ['*', 'webhook.*', 'web*', 'webhook.disabled']) {
      assert.ok(!meant([wanted], 'webhook.disabled'), wanted)
    }
  })

  it('leaves out what happened before it was made, if not only by a difference of clocks', () => {
    assert.ok(meant(['*'], 'task.created', new Date(now.getTime() - 4_000).toISOString()))
    assert.ok(!meant(['*'], 'task.created', new Date(now.getTime() - 6_000).toISOString()))
  })
})

describe('the secrets of webhooks', () => {
  it('sign as the example of Standard Webhooks does', () => {
    const body = '{"test": 2432232314}'
    const signature = sign('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampSeconds: 1_614_265_330,
      body,
    })
    assert.equal(signature, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  it('are never the same, and of the form that is asked of others', () => {
    assert.notEqual(newSecret(), newSecret())
    assert.ok(isSecret(newSecret()))
    assert.ok(isSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'))
    for (const text of ['', 'whsec_', 'whsec_c2hvcnQ=', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']) {
      assert.ok(!isSecret(text), text)
    }
  })

  it('open only with the same key and for the same webhook', () => {
    const sealing = createSealing('a secret of the server')
    const sealed = sealing.seal('one', 'whsec_hush')
    assert.ok(!sealed.includes('hush'))
    assert.notEqual(sealing.seal('one', 'whsec_hush'), sealed)
    assert.equal(sealing.unseal('one', sealed), 'whsec_hush')
    assert.throws(() => sealing.unseal('two', sealed))
    assert.throws(() => createSealing('another secret').unseal('one', sealed))
    assert.throws(() => sealing.unseal('one', `${sealed.slice(0, -4)}AAA=`))
  })
})

describe('the address of a webhook', () => {
  const refusedWith = (code: string) => (error: unknown) =>
    error instanceof AppError && error.fields[0]?.pointer === '/url' && error.fields[0].code === code

  it('must be https in production, unless private ones are allowed', () => {
    const url = 'http://hook.example/'
    const strict = { production: true, allowPrivate: false }
    assert.throws(() => readUrl(url, strict), refusedWith('https_required'))
    assert.equal(readUrl('https://hook.example', strict), 'https://hook.example/')
    assert.equal(readUrl(url, { production: true, allowPrivate: true }), url)
    assert.equal(readUrl(url, { production: false, allowPrivate: false }), url)
  })

  it('must not be a private one, unless they are allowed, and never a special one', () => {
    const url = 'http://10.0.0.8:8080/'
    assert.throws(
      () => readUrl(url, { production: false, allowPrivate: false }),
      refusedWith('refused_address'),
    )
    assert.equal(readUrl(url, { production: false, allowPrivate: true }), url)
    const metadata = 'http://169.254.169.254/'
    assert.throws(
      () => readUrl(metadata, { production: false, allowPrivate: true }),
      refusedWith('refused_address'),
    )
  })
})

describe('the places of receivers', () => {
  it('has four for each, one while it fails, and twelve for all', async () => {
    const lanes = createWebhookLanes({ chance: () => 0 })
    const { promise: end, resolve } = Promise.withResolvers<void>()
    const taken: Promise<number | null>[] = []
    const take = (webhookId: string, isFailing = false) => {
      const answer = lanes.take(webhookId, { isFailing, work: async () => await end })
      taken.push(answer)
      return answer
    }
    for (const name of ['a', 'a', 'a', 'a']) void take(name)
    assert.equal(await take('a'), 500)
    void take('b', true)
    assert.equal(await take('b', true), 500)
    for (const name of ['b', 'b', 'b', 'c', 'c', 'c', 'c']) void take(name)
    assert.equal(await take('d'), 500)
    resolve()
    const answers = await Promise.all(taken)
    assert.equal(answers.filter((answer) => answer === null).length, 12)
    assert.equal(await lanes.take('d', { isFailing: true, work: async () => {} }), null)
  })

  it('gives a place back when the work has failed', async () => {
    const lanes = createWebhookLanes({ chance: () => 0 })
    const work = async () => await Promise.reject(new Error('no database'))
    for (let count = 0; count < 20; count += 1) {
      await assert.rejects(lanes.take('a', { isFailing: false, work }), /no database/)
    }
    assert.equal(await lanes.take('a', { isFailing: false, work: async () => {} }), null)
  })
})
