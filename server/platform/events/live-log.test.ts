import assert from 'node:assert/strict'
import { afterEach, beforeEach, it } from 'node:test'
import type { KyselyPlugin } from 'kysely'
import { engines, onEach } from '#tests/backends'
import { createEventPlace, type EventPlace, eventually, toyEvent } from '#tests/event-place'
import { createSignal } from '../signal.ts'
import { createLog } from '../telemetry/log.ts'
import { createEventCatalogue } from './event-types.ts'
import { createLiveLog, type LiveLog } from './live-log.ts'
import { findHead, readLog } from './log.ts'

const NEVER_MS = 1_000_000

onEach(engines, 'the log, live', (backend) => {
  let at: EventPlace
  let asked: number
  beforeEach(async () => {
    at = await createEventPlace(backend)
    asked = 0
  })
  afterEach(async () => await at.remove())

  function createLive(pollMs: number) {
    const counting: KyselyPlugin = {
      transformQuery: ({ node }) => {
        asked += 1
        return node
      },
      transformResult: async ({ result }) => result,
    }
    const signal = createSignal()
    const liveLog = createLiveLog({
      db: at.database.db.withPlugin(counting),
      installation: at.installation,
      catalogue: createEventCatalogue([]),
      log: createLog({ level: 'silent', destination: { write: () => {} } }),
      subscribe: signal.subscribe,
      pollMs,
    })
    return { liveLog, signal }
  }

  /** Commits events and gives them their positions, without telling anybody. */
  async function write(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await at.append(toyEvent(`toy/${index}`, 1))
    const pending = await at.db
      .selectFrom('outbox')
      .select('id')
      .where('position', 'is', null)
      .orderBy('id')
      .execute()
    let head = await findHead(at.database.db)
    for (const { id } of pending) {
      head += 1
      await at.db.updateTable('outbox').set({ position: head }).where('id', '=', id).execute()
    }
  }

  async function readAll(liveLog: LiveLog, after: number): Promise<number[]> {
    const positions: number[] = []
    for (;;) {
      const events = await liveLog.read(positions.at(-1) ?? after)
      if (events.length === 0) return positions
      positions.push(...events.map(({ position }) => position))
    }
  }

  it('E3 is read with one query at a wake, however many listen', async () => {
    await write(3)
    const { liveLog, signal } = createLive(NEVER_MS)
    const listeners = Array.from({ length: 100 }, () => liveLog.listen())
    const heads = await Promise.all(listeners.map(async () => await liveLog.findHead()))
    assert.ok(heads.every((head) => head === 3))
    await write(5)
    asked = 0
    const never = new AbortController().signal
    const woken = Promise.all(listeners.map(async (each) => await each.wait(NEVER_MS, never)))
    signal.tell()
    await woken
    const read = await Promise.all(listeners.map(async () => await readAll(liveLog, 3)))
    for (const positions of read) assert.deepEqual(positions, [4, 5, 6, 7, 8])
    assert.equal(asked, 1)
    for (const each of listeners) each.close()
  })

  it('E3 is not asked for while nobody listens, and is looked at when nobody wakes those who do', async () => {
    const { liveLog, signal } = createLive(10)
    signal.tell()
    assert.equal(asked, 0)
    const listener = liveLog.listen()
    await liveLog.findHead()
    await write(2)
    const seen = await eventually(
      async () => await liveLog.read(0),
      ({ length }) => length === 2,
    )
    assert.deepEqual(
      seen.map(({ position }) => position),
      [1, 2],
    )
    listener.close()
    listener.close()
    // What was under way ends; then there is nothing more.
    await liveLog.findHead()
    asked = 0
    await new Promise((resolve) => setTimeout(resolve, 100))
    signal.tell()
    assert.equal(asked, 0)
  })

  it('E3 gives every event after a position, be it remembered or not, whoever came and went', async () => {
    const { liveLog } = createLive(NEVER_MS)
    await write(130)
    const first = liveLog.listen()
    assert.equal(await liveLog.findHead(), 130)
    await write(120)
    assert.equal(await liveLog.findHead(), 250)
    for (const after of [0, 1, 99, 100, 129, 130, 131, 249, 250]) {
      const expected = Array.from({ length: 250 - after }, (_, index) => after + index + 1)
      assert.deepEqual(await readAll(liveLog, after), expected)
    }
    first.close()
    await write(1)
    const second = liveLog.listen()
    assert.equal(await liveLog.findHead(), 251)
    assert.deepEqual(await readAll(liveLog, 248), [249, 250, 251])
    second.close()
    assert.equal((await readLog(at.database.db, { after: 0, limit: 1_000 })).length, 251)
  })
})
