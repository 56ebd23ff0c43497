import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { systemClock } from '../clock.ts'
import { createLog } from '../telemetry/log.ts'
import type { KeyValue } from './key-value.ts'
import { createMemoryKeyValue } from './memory.ts'
import { createRedisKeyValue } from './redis.ts'

type Store = {
  readonly open: () => Promise<KeyValue>
  /** Lets time go by. */
  readonly pass: (ms: number) => Promise<void>
  readonly skip: string | false
}

/** What every store promises. */
function keepsItsPromises({ open, pass, skip }: Store): void {
  const LONG = { ttlMs: 60_000 }

  it('F8 finds what was set, to the letter', { skip }, async () => {
    const keyValue = await open()
    for (const value of [
      '',
      ' two\r\nlines ',
      '{"name":"Teh Kotak – 200 ml ☕"}',
      '0',
      'x'.repeat(100_000),
    ]) {
      await keyValue.set('product', value, LONG)
      assert.equal(await keyValue.get('product'), value)
    }
    assert.equal(await keyValue.get('another'), null)
  })

  it('F8 tells whoever listens at a channel, and nobody at another', { skip }, async () => {
    const keyValue = await open()
    const heard: string[] = []
    keyValue.subscribe('products', (message) => void heard.push(message))
    keyValue.subscribe('others', (message) => void heard.push(`others: ${message}`))
    for (let tries = 0; tries < 200 && heard.length < 1; tries += 1) {
      await keyValue.publish('products', '2 an id')
      await delay(20)
    }
    assert.ok(heard.length > 0)
    assert.ok(heard.every((message) => message === '2 an id'))
  })

  it('F8 finds nothing once the time to live is over, counted from the last time it was set', {
    skip,
  }, async () => {
    const keyValue = await open()
    await keyValue.set('short', 'x', { ttlMs: 1_000 })
    await keyValue.set('renewed', 'old', { ttlMs: 1_000 })
    await keyValue.set('renewed', 'new', LONG)
    assert.equal(await keyValue.get('short'), 'x')
    await pass(1_100)
    assert.equal(await keyValue.get('short'), null)
    assert.equal(await keyValue.get('renewed'), 'new')
  })

  it('F8 forgets what was there when the new value has no time to live left', { skip }, async () => {
    const keyValue = await open()
    await keyValue.set('product', 'old', LONG)
    await keyValue.set('product', 'new', { ttlMs: 0 })
    assert.equal(await keyValue.get('product'), null)
  })

  it('F8 forgets the keys that are deleted, several at once and missing ones too, and no other', {
    skip,
  }, async () => {
    const keyValue = await open()
    for (const key of ['a', 'b', 'c']) await keyValue.set(key, key, LONG)
    await keyValue.delete('a', 'c', 'never set')
    await keyValue.delete()
    assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(keyValue.get)), [null, 'b', null])
  })

  it('F17 counts in a window that ends a fixed time after its first call, and then begins anew', {
    skip,
  }, async () => {
    const keyValue = await open()
    const window = { windowMs: 3_000 }
    const first = await keyValue.increment('caller', window)
    assert.equal(first.count, 1)
    assert.ok(first.resetsInMs > 2_900 && first.resetsInMs <= 3_000, `resets in ${first.resetsInMs} ms`)
    await pass(1_500)
    const second = await keyValue.increment('caller', window)
    assert.equal(second.count, 2)
    assert.ok(second.resetsInMs > 0 && second.resetsInMs <= 1_500, `resets in ${second.resetsInMs} ms`)
    await pass(1_600)
    assert.equal((await keyValue.increment('caller', window)).count, 1)
  })

  it('F17 counts every one of many calls at once, and each caller apart', { skip }, async () => {
    const keyValue = await open()
    const window = { windowMs: 60_000 }
    const calls = Array.from(
      { length: 300 },
      async (_, call) => await keyValue.increment(`${call % 3}`, window),
    )
    const counts = (await Promise.all(calls)).map(({ count }) => count).sort((a, b) => a - b)
    const expected = Array.from({ length: 300 }, (_, call) => Math.floor(call / 3) + 1)
    assert.deepEqual(counts, expected)
  })

  it('keeps values and counters of one name apart', { skip }, async () => {
    const keyValue = await open()
    await keyValue.set('name', 'value', LONG)
    await keyValue.increment('name', { windowMs: 60_000 })
    assert.equal(await keyValue.get('name'), 'value')
    await keyValue.delete('name')
    assert.equal((await keyValue.increment('name', { windowMs: 60_000 })).count, 2)
  })

  it('F3 does no harm to whoever calls after it was closed', { skip }, async () => {
    const keyValue = await open()
    await keyValue.close()
    await keyValue.set('product', 'x', LONG)
    await keyValue.delete('product')
    assert.equal(await keyValue.get('product'), null)
    assert.equal((await keyValue.increment('caller', { windowMs: 60_000 })).count, 1)
    await keyValue.close()
  })
}

describe('the key-value port in memory', () => {
  let nowMs = Date.parse('2026-01-01')
  const clock = { now: () => new Date(nowMs) }

  keepsItsPromises({
    open: async () => createMemoryKeyValue({ clock }),
    pass: async (ms) => {
      nowMs += ms
    },
    skip: false,
  })

  it('F16 says that it is in memory', () => {
    assert.equal(createMemoryKeyValue({ clock }).state(), 'memory')
  })
})

const url = process.env['TEST_REDIS_URL'] ?? ''
const skip = url === '' ? 'TEST_REDIS_URL says where a Redis is; none is set' : false

describe('the key-value port on Redis', () => {
  // The signs are those that mean something in a pattern of keys.
  const family = `karya-test-[${randomUUID()}]*`
  const opened: KeyValue[] = []

  async function openAt(prefix: string): Promise<KeyValue> {
    const keyValue = createRedisKeyValue({
      url,
      clock: systemClock,
      log: createLog({ level: 'silent' }),
      prefix,
      // Other tests keep the machine busy, and none of these is about time limits.
      commandTimeoutMs: 5_000,
    })
    opened.push(keyValue)
    for (let waited = 0; keyValue.state() !== 'up' && waited < 10_000; waited += 5) await delay(5)
    assert.equal(keyValue.state(), 'up')
    return keyValue
  }

  after(async () => {
    if (url === '') return
    await Promise.all(opened.map(async (keyValue) => await keyValue.close()))
    const redis = new Redis(url)
    const pattern = `${family.replaceAll(/[*[\]]/g, '\\$&')}*`
    for await (const keys of redis.scanStream({ match: pattern, count: 1_000 })) {
      if (keys.length > 0) await redis.unlink(...keys)
    }
    await redis.quit()
  })

  keepsItsPromises({
    open: async () => await openAt(`${family}${randomUUID()}:`),
    pass: async (ms) => {
      await delay(ms)
    },
    skip,
  })

  it('F8 shares values, deletions and counts among processes', { skip }, async () => {
    const prefix = `${family}shared:`
    const [one, other] = await Promise.all([openAt(prefix), openAt(prefix)])
    await one.set('product', 'x', { ttlMs: 60_000 })
    assert.equal(await other.get('product'), 'x')
    await other.delete('product')
    assert.equal(await one.get('product'), null)
    await one.increment('caller', { windowMs: 60_000 })
    await one.increment('caller', { windowMs: 60_000 })
    assert.equal((await other.increment('caller', { windowMs: 60_000 })).count, 3)
    assert.equal((await one.increment('caller', { windowMs: 60_000 })).count, 4)
  })

  it('F17 mends a window that has no end, or one that is longer than the limit says now', {
    skip,
  }, async () => {
    const prefix = `${family}mended:`
    const keyValue = await openAt(prefix)
    const redis = new Redis(url)
    await redis.set(`${prefix}count:endless`, 7)
    await redis.set(`${prefix}count:long`, 7, 'PX', 3_600_000)
    await redis.quit()
    for (const key of ['endless', 'long']) {
      const { count, resetsInMs } = await keyValue.increment(key, { windowMs: 1_000 })
      assert.equal(count, 8)
      assert.ok(resetsInMs > 0 && resetsInMs <= 1_000, `${key} resets in ${resetsInMs} ms`)
    }
  })
})
