import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { createEventPlace, type EventPlace, toyEvent } from '#tests/event-place'
import { systemClock } from '../clock.ts'
import { systemIds } from '../id.ts'
import { createCacheAside } from './cache-aside.ts'
import type { KeyValue } from './key-value.ts'
import { createMemoryKeyValue } from './memory.ts'

onEach(engines, 'cache-aside', (backend) => {
  let place: EventPlace

  before(async () => {
    place = await createEventPlace(backend)
  })
  after(async () => await place.remove())

  /** A store that several processes share, which a test can read and spoil. */
  function createSharedStore() {
    const memory = createMemoryKeyValue({ clock: systemClock })
    const store: KeyValue = { ...memory, state: () => 'up' }
    return store
  }

  /** As many of these as there would be processes; what they would tell each other is not heard. */
  function createProcess(keyValue: KeyValue = createMemoryKeyValue({ clock: systemClock })) {
    const counted: string[] = []
    let advance = (): void => {}
    const cache = createCacheAside({
      db: place.database.db,
      clock: systemClock,
      keyValue: { ...keyValue, subscribe: () => {} },
      installation: place.installation,
      onAdvance: (tell) => {
        advance = tell
      },
      count: (operation, outcome) => void counted.push(`${operation} ${outcome}`),
      kind: 'toy',
      keyOf: (id) => `toy:detail:${id}`,
      ttlMs: 600_000,
      maxBytes: 100_000,
    })
    return {
      counted,
      advance: () => advance(),
      show: async (id: string, version: number) => {
        const load = async () => ({ text: String(version), version, isPublic: true })
        const { copy } = await cache.record({ operation: 'toy', id, load })
        return copy?.bytes.toString()
      },
      list: async (text: string, { isShared = true }: { readonly isShared?: boolean } = {}) => {
        const load = async () => ({ text, version: 0, isPublic: true })
        const { copy } = await cache.list({ operation: 'toys', key: 'toys:list', isShared, load })
        return copy?.bytes.toString()
      },
      cache,
    }
  }

  /** A change that no process has been told of but through the database. */
  async function change(id: string, version: number): Promise<void> {
    await place.append(toyEvent(`toy/${id}`, version))
  }

  async function aHop(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }

  it('S2 shows a copy until an event tells of a later version, whoever wrote it', async () => {
    const id = systemIds.next()
    const { show, counted } = createProcess()
    assert.equal(await show(id, 1), '1')
    assert.equal(await show(id, 2), '1')
    await change(id, 2)
    await aHop()
    assert.equal(await show(id, 2), '2')
    assert.deepEqual(counted, ['toy load', 'toy miss', 'toy hit', 'toy load', 'toy miss'])
  })

  it('S2 looks sooner than in a hop when it is told that others have changed something', async () => {
    const id = systemIds.next()
    const { show, advance } = createProcess()
    await show(id, 1)
    await change(id, 2)
    await new Promise((resolve) => setTimeout(resolve, 110))
    advance()
    assert.equal(await show(id, 2), '2')
  })

  it('S2 keeps the copy of a record while others change', async () => {
    const [id, other] = [systemIds.next(), systemIds.next()]
    const { show, list } = createProcess()
    await show(id, 1)
    await list('before')
    await change(other, 2)
    await aHop()
    assert.equal(await show(id, 9), '1')
    assert.equal(await list('after'), 'after')
  })

  it('S2 does not keep a list that was read before a change it heard of meanwhile', async () => {
    const id = systemIds.next()
    const { cache, list, counted } = createProcess()
    const read = Promise.withResolvers<{ text: string; version: number; isPublic: boolean }>()
    const first = cache.list({
      operation: 'toys',
      key: 'toys:list',
      isShared: true,
      load: async () => await read.promise,
    })
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    await change(id, 2)
    const second = list('new')
    assert.equal(await second, 'new')
    read.resolve({ text: 'old', version: 0, isPublic: true })
    await first
    assert.equal(await list('newer'), 'new')
    assert.ok(counted.includes('toys stale'))
  })

  it('S2 takes from the shared store what another process has read, and asks the database no more', async () => {
    const id = systemIds.next()
    const store = createSharedStore()
    const [one, two] = [createProcess(store), createProcess(store)]
    assert.equal(await one.show(id, 1), '1')
    assert.equal(await two.show(id, 7), '1')
    assert.deepEqual(two.counted, ['toy hit'])
  })

  it('S2 keeps in this process alone what is not to be shared, and believes no shared copy of it', async () => {
    const store = createSharedStore()
    const [one, two] = [createProcess(store), createProcess(store)]
    assert.equal(await one.list('mine', { isShared: false }), 'mine')
    assert.equal(await one.list('again', { isShared: false }), 'mine')
    assert.equal(await store.get(`${place.installation}:toys:list`), null)
    assert.equal(await two.list('theirs'), 'theirs')
    assert.equal(await createProcess(store).list('own', { isShared: false }), 'own')
    assert.deepEqual(one.counted, ['toys load', 'toys miss', 'toys hit'])
  })

  it('S2 believes nothing in the shared store that an event has overtaken, however it came to stay there', async () => {
    const id = systemIds.next()
    const store = createSharedStore()
    const [one, two] = [createProcess(store), createProcess(store)]
    await one.show(id, 1)
    await one.list('old')
    // Its writer died before it could tell anybody: only the database knows.
    await change(id, 2)
    assert.equal(await two.show(id, 2), '2')
    assert.equal(await two.list('new'), 'new')
    assert.ok(two.counted.includes('toy stale'))
    assert.ok(two.counted.includes('toys stale'))
  })

  it('S2 reads again what somebody else has spoilt in the shared store', async () => {
    const id = systemIds.next()
    const store = createSharedStore()
    await store.set(`${place.installation}:toy:detail:${id}`, 'rubbish', { ttlMs: 60_000 })
    assert.equal(await createProcess(store).show(id, 3), '3')
  })

  it('S2 forgets everything when there were more changes than it can list', async () => {
    const id = systemIds.next()
    const { show } = createProcess()
    assert.equal(await show(id, 1), '1')
    const many = Array.from({ length: 2_100 }, () => toyEvent(`toy/${systemIds.next()}`, 1))
    for (let start = 0; start < many.length; start += 700)
      await place.append(...many.slice(start, start + 700))
    await aHop()
    assert.equal(await show(id, 2), '2')
  })

  it('S3 has everybody wait for the one who asks the database, and lets all know when that fails', async () => {
    const { cache } = createProcess()
    const id = systemIds.next()
    let asked = 0
    const load = async () => {
      asked += 1
      await new Promise((resolve) => setTimeout(resolve, 20))
      throw new Error('no database')
    }
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, async () => await cache.record({ operation: 'toy', id, load })),
    )
    assert.equal(asked, 1)
    assert.ok(outcomes.every(({ status }) => status === 'rejected'))
  })

  it('S2 keeps nothing of what is not there', async () => {
    const { cache, show } = createProcess()
    const id = systemIds.next()
    const { copy } = await cache.record({ operation: 'toy', id, load: async () => undefined })
    assert.equal(copy, undefined)
    assert.equal(await show(id, 1), '1')
  })
})
