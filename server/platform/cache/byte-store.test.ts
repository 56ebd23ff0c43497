import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createByteStore } from './byte-store.ts'

function createStore(maxBytes: number) {
  let nowMs = 0
  const clock = { now: () => new Date(nowMs) }
  const store = createByteStore<{ bytes: Buffer; untilMs: number }>({ clock, maxBytes })
  return {
    store,
    put: (key: string, length: number, untilMs = 1_000) =>
      store.put(key, { bytes: Buffer.alloc(length), untilMs }),
    advance: (ms: number) => {
      nowMs += ms
    },
  }
}

it('S2 the first level never holds more bytes than it may, whatever is put into it', () => {
  const { store, put } = createStore(10_000)
  for (let turn = 0; turn < 2_000; turn += 1) {
    put(`key ${turn % 37}`, (turn * 131) % 4_000)
    assert.ok(store.held() <= 10_000, `${store.held()} bytes`)
  }
})

it('S2 the first level lets go of what was used longest ago', () => {
  const { store, put } = createStore(4_000)
  put('a', 1_000)
  put('b', 1_000)
  assert.ok(store.find('a'))
  put('c', 1_000)
  put('d', 1_000)
  assert.equal(store.find('b'), undefined)
  assert.ok(store.find('d'))
})

it('S2 the first level ends an entry in its time, and counts its bytes no more', () => {
  const { store, put, advance } = createStore(4_000)
  put('a', 100, 500)
  advance(499)
  assert.ok(store.find('a'))
  advance(1)
  assert.equal(store.find('a'), undefined)
  assert.equal(store.held(), 0)
})

it('S2 the first level does not give everything up for one that is too large', () => {
  const { store, put } = createStore(2_000)
  put('a', 100)
  put('b', 5_000)
  assert.ok(store.find('a'))
  assert.equal(store.find('b'), undefined)
})

it('S2 the first level counts an entry once that is put twice, and none that was deleted', () => {
  const { store, put } = createStore(10_000)
  put('a', 100)
  const once = store.held()
  put('a', 100)
  assert.equal(store.held(), once)
  store.delete('a')
  store.delete('a')
  assert.equal(store.held(), 0)
})
