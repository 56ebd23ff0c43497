import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { afterEach, beforeEach, it } from 'node:test'
import fc from 'fast-check'
import { Type } from 'typebox'
import { backends, engines, onEach } from '#tests/backends'
import { createEventPlace, type EventPlace, eventually } from '#tests/event-place'
import { type Listener, listen } from '#tests/listener'
import type { Actor } from '../call.ts'
import { systemClock } from '../clock.ts'
import { refuseCaller } from '../http/callers.ts'
import { createAnswerOnce } from '../http/idempotency.ts'
import { createHttpServer } from '../http/server.ts'
import type { HttpServer } from '../http/types.ts'
import { systemIds } from '../id.ts'
import { createSignal } from '../signal.ts'
import { createLog } from '../telemetry/log.ts'
import { createEventCatalogue, defineEventTypes } from './event-types.ts'
import { registerEventRoutes } from './events-routes.ts'
import { createLiveLog } from './live-log.ts'
import { findHead } from './log.ts'

const ALL = ['events:stream', 'events:read']
const PATH = '/api/v1/events/stream'

/** A page of the log, and when it was asked for, in milliseconds. */
type Read = { readonly after: number; readonly at: number }

type Running = {
  readonly url: string
  readonly app: HttpServer
  /** Whoever is in here is let in by their name as the token. */
  readonly actors: Map<string, Actor>
  readonly authentications: () => number
  /** How much of the log was read for those who listen. */
  readonly readCharacters: () => number
  readonly reads: readonly Read[]
  /** The positions of the events that were made into messages. */
  readonly written: readonly number[]
  readonly write: (count: number, type?: string, data?: object) => Promise<void>
  readonly drain: () => void
  readonly listeners: Listener[]
  readonly listen: (
    name: string,
    options?: { lastEventId?: string; agent?: Agent },
    query?: string,
  ) => Promise<Listener>
}

/** A server with nothing but the routes of events, whose callers and positions the test holds. */
async function startServer(
  at: EventPlace,
  times: { heartbeatMs?: number; stalledMs?: number },
): Promise<Running> {
  const actors = new Map<string, Actor>()
  const listeners: Listener[] = []
  const advanced = createSignal()
  const log = createLog({ level: 'silent', destination: { write: () => {} } })
  const { db } = at.database
  let authentications = 0
  let readCharacters = 0
  const reads: Read[] = []
  const written: number[] = []
  let isDraining = false
  const authenticate = async (token: string): Promise<Actor> => {
    authentications += 1
    const actor = actors.get(token)
    if (actor === undefined) throw refuseCaller('invalid_token')
    return actor
  }
  const app = await createHttpServer({
    log,
    version: '0',
    aliases: [],
    authenticate,
    defaultLanguage: 'en',
    corsOrigins: [],
    trustProxy: false,
    isDraining: () => isDraining,
    observe: () => {},
    limit: () => {},
  })
  const catalogue = createEventCatalogue(
    defineEventTypes({
      types: ['toy.shown'],
      data: Type.Object({ owner: Type.String() }),
      audience: ({ owner }) => ({ permission: 'toys:read_any', userIds: [owner] }),
    }),
    { 'toy.': 'toys:read' },
  )
  const live = createLiveLog({
    db,
    catalogue,
    log,
    installation: at.installation,
    subscribe: advanced.subscribe,
    pollMs: 1_000_000,
  })
  registerEventRoutes(app, {
    db,
    catalogue,
    log,
    authenticate,
    installation: at.installation,
    clock: systemClock,
    answerOnce: createAnswerOnce({ secret: 'secret', clock: systemClock }),
    isDraining: () => isDraining,
    onWaiting: () => {},
    ...times,
    liveLog: {
      ...live,
      async read(after) {
        const events = await live.read(after)
        reads.push({ after, at: performance.now() })
        for (const { characters } of events) readCharacters += characters
        return events.map((event) => ({
          ...event,
          message: () => {
            written.push(event.position)
            return event.message()
          },
        }))
      },
    },
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    app,
    actors,
    listeners,
    authentications: () => authentications,
    readCharacters: () => readCharacters,
    reads,
    written,
    async write(count, type = 'toy.shown', data = { owner: 'somebody' }) {
      const head = await findHead(db)
      const rows = Array.from({ length: count }, (_, index) => ({
        id: systemIds.next(),
        type,
        subject: `toy/${head + index + 1}`,
        record_version: 1,
        data: JSON.stringify(data),
        actor_id: null,
        traceparent: null,
        occurred_at: new Date(),
        position: head + index + 1,
      }))
      for (let start = 0; start < count; start += 100) {
        await db
          .insertInto('outbox')
          .values(rows.slice(start, start + 100))
          .execute()
      }
      advanced.tell()
    },
    drain() {
      isDraining = true
    },
    async listen(name, options = {}, query = '') {
      const listener = await listen(`${url}${PATH}${query}`, { token: name, ...options })
      listeners.push(listener)
      return listener
    },
  }
}

function createActor(userId: string, permissions: readonly string[]): Actor {
  return {
    userId,
    email: `${userId}@karya.test`,
    role: 'x',
    permissions: new Set(permissions),
    sessionId: null,
  }
}

const positions = (listener: Listener) => listener.messages().map(({ id }) => id)
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

onEach(engines, 'a stream of events', (backend) => {
  let at: EventPlace
  let server: Running
  beforeEach(async () => {
    at = await createEventPlace(backend)
    server = await startServer(at, { heartbeatMs: 50 })
    server.actors.set('admin', createActor('admin', ALL))
  })
  afterEach(async () => {
    for (const each of server.listeners) each.leave()
    await server.app.close()
    await at.remove()
  })

  it('E3 begins at the end of the log, or after the position that it is given', async () => {
    await server.write(5)
    const fromEnd = await server.listen('admin')
    const fromStart = await server.listen('admin', {}, '?after=0')
    const fromHeader = await server.listen('admin', { lastEventId: '3' }, '?after=0')
    const fromBeyond = await server.listen('admin', {}, '?after=900')
    await server.write(2)
    await fromStart.receive(7)
    await fromHeader.receive(4)
    await fromEnd.receive(2)
    await fromBeyond.receive(2)
    assert.deepEqual(positions(fromStart), range(1, 7))
    assert.deepEqual(positions(fromHeader), range(4, 7))
    assert.deepEqual(positions(fromEnd), [6, 7])
    assert.deepEqual(positions(fromBeyond), [6, 7])
    assert.equal(fromEnd.status, 200)
    assert.equal(fromEnd.headers['content-type'], 'text/event-stream; charset=utf-8')
    assert.equal(fromEnd.headers['cache-control'], 'no-store')
    assert.equal(fromEnd.headers['x-accel-buffering'], 'no')
    assert.equal(fromEnd.headers['x-content-type-options'], 'nosniff')
    assert.ok(fromEnd.headers['x-request-id'])
    assert.ok(fromEnd.text().startsWith('retry: 2000\nid: 5\n\n'), fromEnd.text())
  })

  it('E3 goes on where it was broken off, without a gap and without repeating, wherever that is', async () => {
    await server.write(230)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 5 }),
        async (cuts) => {
          const seen: number[] = []
          for (const count of cuts) {
            const missing = Math.min(count, 230 - seen.length)
            if (missing === 0) break
            const listener = await server.listen('admin', { lastEventId: String(seen.at(-1) ?? 0) })
            await listener.receive(missing)
            listener.leave()
            seen.push(...positions(listener).slice(0, missing))
          }
          assert.deepEqual(seen, range(1, seen.length))
        },
      ),
      { numRuns: 15 },
    )
  })

  it('E3 says nothing for long only with a heartbeat, which moves the place to come back to', async () => {
    server.actors.set('guest', createActor('guest', ['events:stream']))
    const guest = await server.listen('guest')
    await eventually(
      async () => guest.text(),
      (text) => text.includes(': heartbeat\n\n'),
    )
    await server.write(3)
    await eventually(
      async () => guest.lastId(),
      (id) => id === '3',
    )
    assert.deepEqual(guest.messages(), [])
    assert.match(guest.text(), /: heartbeat\nid: 3\n\n/)
  })

  it('E3 shows the holders of events:read all, others what concerns them, and of unknown types nothing', async () => {
    const owner = createActor('owner', ['events:stream', 'toys:read'])
    server.actors.set('owner', owner)
    server.actors.set('robot', { ...owner, permissions: new Set(['events:stream']) })
    server.actors.set('keeper', createActor('keeper', ['events:stream', 'toys:read_any']))
    server.actors.set('guest', createActor('guest', ['events:stream', 'toys:read']))
    const names = ['admin', 'owner', 'robot', 'keeper', 'guest']
    const open = await Promise.all(names.map(async (name) => await server.listen(name)))
    await server.write(1, 'toy.shown', { owner: 'owner' })
    await server.write(1, 'toy.shown', { owner: 'somebody' })
    await server.write(1, 'toy.hidden', { owner: 'owner' })
    await server.write(1, 'toy.shown', { of: 'an older form', owner: 17 })
    for (const listener of open)
      await eventually(
        async () => listener.lastId(),
        (id) => id === '4',
      )
    assert.deepEqual(open.map(positions), [[1, 2, 3, 4], [1], [], [1, 2], []])
  })

  it('E3 skips what does not concern the caller without writing it out, and lets others go first', async () => {
    server.actors.set('guest', createActor('guest', ['events:stream']))
    await server.write(4_500)
    const guest = await server.listen('guest', {}, '?after=0')
    await eventually(
      async () => guest.lastId(),
      (id) => id === '4500',
    )
    assert.deepEqual([positions(guest), server.written], [[], []])
    const at = (after: number) => server.reads.find((read) => read.after === after)?.at ?? assert.fail()
    for (const after of [2_000, 4_000]) assert.ok(at(after) - at(after - 100) >= 90)
    const admin = await server.listen('admin', {}, '?after=4400')
    await admin.receive(100)
    assert.deepEqual(server.written, range(4_401, 4_500))
  })

  it('E3 filters by types, with a star at the end of some', async () => {
    const listener = await server.listen('admin', {}, '?types=toy.hidden,box*')
    for (const type of ['toy.shown', 'toy.hidden', 'toy.hidden_too', 'box', 'boxes.moved', 'a.box']) {
      await server.write(1, type, {})
    }
    await eventually(
      async () => listener.lastId(),
      (id) => id === '6',
    )
    assert.deepEqual(
      listener.messages().map(({ type }) => type),
      ['toy.hidden', 'box', 'boxes.moved'],
    )
  })

  it('E3 ends when the token holds no more, when permission is withdrawn, and only for that caller', async () => {
    server.actors.set('gone', createActor('gone', ALL))
    server.actors.set('demoted', createActor('demoted', ALL))
    const [stays, gone, demoted] = await Promise.all(
      ['admin', 'gone', 'demoted'].map(async (name) => await server.listen(name)),
    )
    assert.ok(stays && gone && demoted)
    server.actors.delete('gone')
    server.actors.set('demoted', createActor('demoted', ['profile:read']))
    assert.deepEqual(await Promise.all([gone.ended, demoted.ended]), [true, true])
    await server.write(1)
    await stays.receive(1)
    assert.deepEqual([positions(gone), positions(demoted)], [[], []])
    const again = await listen(`${server.url}${PATH}`, { token: 'gone' })
    assert.equal(again.status, 401)
  })

  it('E3 shows what a caller may hear from now on, when they have got another role', async () => {
    server.actors.set('keeper', createActor('keeper', ['events:stream']))
    const listener = await server.listen('keeper')
    server.actors.set('keeper', createActor('keeper', ['events:stream', 'toys:read_any']))
    await eventually(
      async () => {
        await server.write(1)
        return positions(listener)
      },
      ({ length }) => length > 0,
    )
  })

  it('E3 asks who a caller is at most once a second, however much there is to deliver', async () => {
    const listener = await server.listen('admin')
    const before = server.authentications()
    const startedAt = performance.now()
    for (let index = 0; index < 30; index += 1) await server.write(1)
    await listener.receive(30)
    const seconds = (performance.now() - startedAt) / 1_000
    assert.ok(server.authentications() - before <= Math.ceil(seconds), 'it asked more often')
  })

  it('E3 refuses a user the 21st stream with 429, and lets them in again when one is closed', async () => {
    server.actors.set('other', createActor('other', ALL))
    const open = await Promise.all(Array.from({ length: 20 }, async () => await server.listen('admin')))
    assert.ok(open.every(({ status }) => status === 200))
    const refused = await server.listen('admin')
    assert.equal(refused.status, 429)
    assert.equal(refused.headers['content-type'], 'application/problem+json; charset=utf-8')
    assert.ok(refused.headers['retry-after'])
    assert.equal((await server.listen('other')).status, 200)
    open[0]?.leave()
    await eventually(
      async () => (await server.listen('admin')).status,
      (status) => status === 200,
    )
  })

  it('E3 ends every stream in order when the server begins to stop, and those opened then at once', async () => {
    const agent = new Agent({ keepAlive: true })
    const open = await Promise.all([server.listen('admin'), server.listen('admin', { agent })])
    server.drain()
    assert.deepEqual(await Promise.all(open.map(async ({ ended }) => await ended)), [true, true])
    const late = await server.listen('admin')
    assert.equal(late.status, 200)
    assert.equal(await late.ended, true)
    agent.destroy()
  })

  it('E3 ends every stream when the server closes without having said so before', async () => {
    const listener = await server.listen('admin')
    await server.app.close()
    assert.equal(await listener.ended, true)
  })

  it('C4 refuses a place that is no position, and a token anywhere but in its header', async () => {
    for (const [query, lastEventId] of [
      ['?after=-1', ''],
      ['?after=x', ''],
      ['?types=', ''],
      ['?types=A', ''],
      ['?types=a**', ''],
      ['?no=1', ''],
      ['', 'x'],
      ['', '-1'],
      ['', '1e3'],
    ]) {
      const answer = await server.listen('admin', lastEventId ? { lastEventId } : {}, query)
      assert.equal(answer.status, 400, `${query} ${lastEventId}`)
    }
    for (const query of ['?token=admin', '?access_token=admin']) {
      assert.equal((await server.listen('', {}, query)).status, 401)
    }
    const head = await fetch(`${server.url}${PATH}`, {
      method: 'HEAD',
      headers: { authorization: 'Bearer admin' },
    })
    assert.equal(head.status, 404)
  })
})

// Nothing of this depends on the engine.
onEach(backends.slice(0, 1), 'a stream of events and its reader', (backend) => {
  const TEXT = 'x'.repeat(20_000)
  const COUNT = 2_500
  let at: EventPlace
  beforeEach(async () => {
    at = await createEventPlace(backend)
  })
  afterEach(async () => await at.remove())

  async function untilNothingMoves(server: Running): Promise<number> {
    let last = -1
    let since = performance.now()
    return await eventually(
      async () => server.readCharacters(),
      (seen) => {
        if (seen !== last) since = performance.now()
        last = seen
        return performance.now() - since > 700
      },
      60_000,
    )
  }

  it('E3 stops reading the log while a client does not read, and goes on in order when it does', async () => {
    const server = await startServer(at, {})
    server.actors.set('admin', createActor('admin', ALL))
    await server.write(COUNT, 'toy.shown', { owner: TEXT })
    const slow = await server.listen('admin', {}, '?after=0')
    slow.pause()
    const read = await untilNothingMoves(server)
    assert.ok(read < 25_000_000, `${read} characters were read for a client that reads nothing`)
    const quick = await server.listen('admin', {}, `?after=${COUNT - 10}`)
    await quick.receive(10)
    slow.resume()
    await slow.receive(COUNT)
    assert.deepEqual(positions(slow), range(1, COUNT))
    slow.leave()
    quick.leave()
    await server.app.close()
  })

  it('E3 lets go of a client that has not read for too long', async () => {
    const server = await startServer(at, { stalledMs: 100 })
    server.actors.set('admin', createActor('admin', ALL))
    await server.write(COUNT, 'toy.shown', { owner: TEXT })
    const stalled = await server.listen('admin', {}, '?after=0')
    stalled.pause()
    await untilNothingMoves(server)
    await eventually(
      async () =>
        await new Promise<number>((resolve) => void server.app.server.getConnections((_, n) => resolve(n))),
      (count) => count === 0,
    )
    stalled.resume()
    assert.equal(await stalled.ended, false)
    assert.ok(positions(stalled).length < COUNT)
    await server.app.close()
  })
})
