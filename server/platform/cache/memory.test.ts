import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryKeyValue } from './memory.ts'

function createTestMemory({ maxEntries }: { readonly maxEntries: number }) {
  let nowMs = Date.parse('2026-01-01')
  const keyValue = createMemoryKeyValue({ clock: { now: () => new Date(nowMs) }, maxEntries })
  return {
    keyValue,
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

const LONG = { ttlMs: 60_000 }
const WINDOW = { windowMs: 60_000 }

describe('the key-value store in memory', () => {
  it('F8 lets go of what was used longest ago when it is full', async () => {
    const { keyValue } = createTestMemory({ maxEntries: 3 })
    for (const key of ['a', 'b', 'c']) await keyValue.set(key, key, LONG)
    await keyValue.get('a')
    await keyValue.set('d', 'd', LONG)
    const found = await Promise.all(['a', 'b', 'c', 'd'].map(keyValue.get))
    assert.deepEqual(found, ['a', null, 'c', 'd'])
  })

  it('F8 lets go of what has ended before it lets go of anything else', async () => {
    const { keyValue, pass } = createTestMemory({ maxEntries: 3 })
    await keyValue.set('short', 'x', { ttlMs: 10 })
    await keyValue.set('a', 'a', LONG)
    await keyValue.set('b', 'b', LONG)
    pass(10)
    await keyValue.set('c', 'c', LONG)
    assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(keyValue.get)), ['a', 'b', 'c'])
  })

  it('F17 keeps the count of a caller who goes on calling, however many others come', async () => {
    const { keyValue } = createTestMemory({ maxEntries: 100 })
    for (let other = 0; other < 1_000; other += 1) {
      await keyValue.increment('caller', WINDOW)
      await keyValue.increment(`other ${other}`, WINDOW)
    }
    assert.equal((await keyValue.increment('caller', WINDOW)).count, 1_001)
  })

  it('F17 loses no count to values, however many there are', async () => {
    const { keyValue } = createTestMemory({ maxEntries: 10 })
    await keyValue.increment('caller', WINDOW)
    for (let product = 0; product < 100; product += 1) await keyValue.set(`product ${product}`, 'x', LONG)
    assert.equal((await keyValue.increment('caller', WINDOW)).count, 2)
  })
})
