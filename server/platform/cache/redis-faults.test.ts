import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { systemClock } from '../clock.ts'
import { createLog } from '../telemetry/log.ts'
import type { KeyValue, KeyValueOutcome } from './key-value.ts'
import { createRedisKeyValue } from './redis.ts'

const PROGRAM = 'redis-server'
const skip =
  spawnSync(PROGRAM, ['--version']).status === 0
    ? false
    : 'there is no redis-server on this machine to take down'

const LONG = { ttlMs: 60_000 }
const WINDOW = { windowMs: 60_000 }
/** What a caller is promised is 80 ms; the rest is for a busy machine. */
const LONGEST_CALL_MS = 300
/** The longest pause between two attempts, the attempt itself, and time for a busy machine. */
const COMES_BACK_MS = 20_000

type RedisServer = {
  readonly url: string
  readonly start: (...options: readonly string[]) => Promise<void>
  readonly kill: () => Promise<void>
  readonly signal: (name: 'SIGSTOP' | 'SIGCONT') => void
  /** Asks it directly. */
  readonly ask: <Answer>(question: (redis: Redis) => Promise<Answer>) => Promise<Answer>
}

const cleanUps: (() => Promise<void>)[] = []

/** A Redis of this test alone, on a port that is free; not started yet. */
async function createServerOfOurOwn(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'karya-redis-'))
  const port = await findFreePort()
  const url = `redis://127.0.0.1:${port}`
  let server: ChildProcess | null = null

  async function ask<Answer>(question: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    const redis = new Redis(url)
    redis.on('error', () => {})
    try {
      return await question(redis)
    } finally {
      redis.disconnect()
    }
  }

  async function kill(): Promise<void> {
    if (server === null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
    server = null
  }

  cleanUps.push(async () => {
    await kill()
    await rm(folder, { recursive: true })
  })
  return {
    url,
    ask,
    kill,
    async start(...options) {
      const at = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '']
      server = spawn(PROGRAM, [...at, ...options], { stdio: 'ignore' })
      await ask(async (redis) => await redis.call('HELLO').catch(() => {}))
    },
    signal: (name) => server?.kill(name),
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

function createTestKeyValue(
  url: string,
  { commandTimeoutMs = 80 }: { readonly commandTimeoutMs?: number } = {},
) {
  const lines: string[] = []
  const outcomes: `${string} ${KeyValueOutcome}`[] = []
  const keyValue = createRedisKeyValue({
    url,
    clock: systemClock,
    log: createLog({ level: 'info', destination: { write: (line) => void lines.push(line) } }),
    commandTimeoutMs,
    onResult: (operation, outcome) => void outcomes.push(`${operation} ${outcome}`),
  })
  cleanUps.push(keyValue.close)
  return {
    keyValue,
    lines,
    /** The state that each line of the log tells of. */
    told: () => lines.map((line) => (JSON.parse(line).level === 'warn' ? 'down' : 'up')),
    /** What came of the calls since this was asked last. */
    outcomes: () => outcomes.splice(0),
  }
}

async function becomes(state: 'up' | 'down', keyValue: KeyValue): Promise<void> {
  const deadline = performance.now() + COMES_BACK_MS
  while (keyValue.state() !== state) {
    assert.ok(performance.now() < deadline, `it is not ${state} after ${COMES_BACK_MS} ms`)
    await delay(5)
  }
}

async function openUp(server: RedisServer) {
  await server.start()
  const opened = createTestKeyValue(server.url)
  await becomes('up', opened.keyValue)
  return opened
}

/** A way to a Redis on which every answer takes so much longer, from when `slow` is called until it is called with 0. */
async function createSlowWay(server: RedisServer) {
  let delayMs = 0
  const sockets = new Set<Socket>()
  const way = createServer((client) => {
    const redis = connect(Number(new URL(server.url).port), '127.0.0.1')
    for (const socket of [client, redis]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        redis.destroy()
      })
    }
    client.on('data', (sent) => redis.write(sent))
    redis.on('data', (answered) => setTimeout(() => client.write(answered), delayMs))
  }).listen(0, '127.0.0.1')
  await once(way, 'listening')
  const address = way.address()
  assert.ok(typeof address === 'object' && address !== null)
  cleanUps.push(async () => {
    way.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    url: `redis://127.0.0.1:${address.port}`,
    slow: (ms: number) => {
      delayMs = ms
    },
  }
}

/** How many are connected beside the one that asks. */
async function countClients(server: RedisServer): Promise<number> {
  const clients = await server.ask(async (redis) => await redis.call('CLIENT', 'LIST'))
  return String(clients).trim().split('\n').length - 1
}

async function measure(call: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await call()
  return performance.now() - startedAt
}

/** Every operation at the same time, as many callers would. */
async function callAllAtOnce(keyValue: KeyValue, callers: number): Promise<number[]> {
  const calls = Array.from({ length: callers }, (_, caller) => [
    async () => await keyValue.get(`key ${caller}`),
    async () => await keyValue.set(`key ${caller}`, 'x', LONG),
    async () => await keyValue.delete(`key ${caller}`),
    async () => await keyValue.increment(`caller ${caller}`, WINDOW),
  ])
  return await Promise.all(calls.flat().map(measure))
}

describe('a Redis that fails', { timeout: 300_000 }, () => {
  after(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp()
  })

  it('F8 may be down at the start, and is taken up when it comes', { skip }, async () => {
    const server = await createServerOfOurOwn()
    const { keyValue, told } = createTestKeyValue(server.url)
    await keyValue.set('product', 'x', LONG)
    assert.equal(await keyValue.get('product'), null)
    assert.equal((await keyValue.increment('caller', WINDOW)).count, 1)
    assert.equal((await keyValue.increment('caller', WINDOW)).count, 2)
    await delay(1_500)
    assert.equal(keyValue.state(), 'down')
    assert.deepEqual(told(), ['down'])

    await server.start()
    await becomes('up', keyValue)
    await keyValue.set('product', 'x', LONG)
    assert.equal(await keyValue.get('product'), 'x')
    assert.equal((await keyValue.increment('caller', WINDOW)).count, 3, 'F17 no fresh start')
    assert.deepEqual(told(), ['down', 'up'])
  })

  it('F8 may be killed, which no caller waits for, and come back', { skip }, async () => {
    const server = await createServerOfOurOwn()
    const { keyValue, told, outcomes } = await openUp(server)
    await keyValue.set('product', 'x', LONG)
    for (let call = 1; call <= 3; call += 1) await keyValue.increment('caller', WINDOW)

    await server.kill()
    const longest = Math.max(...(await callAllAtOnce(keyValue, 50)))
    assert.ok(longest < LONGEST_CALL_MS, `a call took ${longest} ms`)
    await becomes('down', keyValue)
    assert.equal(await keyValue.get('product'), null)
    assert.equal((await keyValue.increment('caller', WINDOW)).count, 4, 'F17 goes on from where Redis left')

    outcomes()
    await callAllAtOnce(keyValue, 1)
    assert.deepEqual(outcomes(), ['get fallback', 'set fallback', 'delete fallback', 'increment fallback'])

    await server.start()
    await becomes('up', keyValue)
    await keyValue.set('product', 'y', LONG)
    assert.equal(await keyValue.get('product'), 'y')
    assert.equal((await keyValue.increment('caller', WINDOW)).count, 5, 'F17 nor does a Redis that is empty')
    assert.deepEqual(told(), ['up', 'down', 'up'])
  })

  it('F8 may hang, which costs the callers of one moment one time limit and nobody after', {
    skip,
  }, async () => {
    const server = await createServerOfOurOwn()
    const { keyValue, told, outcomes } = await openUp(server)
    await keyValue.increment('caller', WINDOW)
    outcomes()

    server.signal('SIGSTOP')
    const longest = Math.max(...(await callAllAtOnce(keyValue, 100)))
    assert.ok(longest < LONGEST_CALL_MS, `a call took ${longest} ms`)
    assert.equal(keyValue.state(), 'down')
    assert.ok(outcomes().every((outcome) => outcome.endsWith(' error')))

    // Longer than a few attempts to connect; Redis is asked in none of these calls.
    let longestAfter = 0
    for (let round = 0; round < 150; round += 1) {
      longestAfter = Math.max(longestAfter, ...(await callAllAtOnce(keyValue, 10)))
      await delay(20)
    }
    assert.ok(longestAfter < LONGEST_CALL_MS, `a call took ${longestAfter} ms`)
    assert.ok(outcomes().every((outcome) => outcome.endsWith(' fallback')))
    assert.ok((await keyValue.increment('caller', WINDOW)).count >= 2, 'F17 no fresh start')
    assert.deepEqual(told(), ['up', 'down'])

    server.signal('SIGCONT')
    await becomes('up', keyValue)
    await keyValue.set('product', 'y', LONG)
    assert.equal(await keyValue.get('product'), 'y')
    assert.deepEqual(told(), ['up', 'down', 'up'])
    assert.equal(await countClients(server), 1, 'nothing is left of the attempts')
  })

  it('F8 lets everybody go with the first who has waited long enough', { skip }, async () => {
    const server = await createServerOfOurOwn()
    await server.start()
    const { keyValue } = createTestKeyValue(server.url, { commandTimeoutMs: 1_000 })
    await becomes('up', keyValue)
    server.signal('SIGSTOP')
    const first = measure(async () => await keyValue.get('a'))
    await delay(700)
    const second = measure(async () => await keyValue.get('b'))
    await first
    const waitedMs = await second
    assert.ok(waitedMs < 700, `the second has waited for a limit of its own: ${waitedMs} ms`)
    server.signal('SIGCONT')
  })

  it('F8 may be slower than anybody should wait, and is as good as away for so long', { skip }, async () => {
    const server = await createServerOfOurOwn()
    await server.start()
    const way = await createSlowWay(server)
    const { keyValue, told, outcomes } = createTestKeyValue(way.url)
    await becomes('up', keyValue)

    way.slow(500)
    assert.ok(Math.max(...(await callAllAtOnce(keyValue, 10))) < LONGEST_CALL_MS)
    outcomes()
    // Long enough for connections that are made in time, and then found to be slow.
    for (let round = 0; round < 40; round += 1) {
      assert.ok(Math.max(...(await callAllAtOnce(keyValue, 1))) < LONGEST_CALL_MS)
      await delay(100)
    }
    assert.ok(outcomes().every((outcome) => outcome.endsWith(' fallback')))
    assert.deepEqual(told(), ['up', 'down'])

    way.slow(0)
    await becomes('up', keyValue)
    await keyValue.set('product', 'x', LONG)
    assert.equal(await keyValue.get('product'), 'x')
  })

  it('F8 is not taken for away because this process was busy', { skip }, async () => {
    const server = await createServerOfOurOwn()
    const { keyValue, told } = await openUp(server)
    await keyValue.set('product', 'x', LONG)
    const found = keyValue.get('product')
    const busyUntil = performance.now() + 300
    while (performance.now() < busyUntil) Math.sqrt(busyUntil)
    assert.equal(await found, 'x')
    assert.deepEqual(told(), ['up'])
  })

  it('F8 gives no value a longer life because it lay in a Redis that hung', { skip }, async () => {
    const server = await createServerOfOurOwn()
    const { keyValue } = await openUp(server)
    server.signal('SIGSTOP')
    await keyValue.set('permissions', 'all', { ttlMs: 1_000 })
    await keyValue.set('permissions of another', 'all', { ttlMs: 1_000 })
    await delay(1_200)
    server.signal('SIGCONT')
    assert.deepEqual(await server.ask(async (redis) => await redis.keys('karya:value:*')), [])
  })

  it('F8 may lose everything it holds, but no count of this process', { skip }, async () => {
    const server = await createServerOfOurOwn()
    const { keyValue, told } = await openUp(server)
    await keyValue.set('product', 'x', LONG)
    for (let call = 1; call <= 5; call += 1) await keyValue.increment('caller', WINDOW)
    await server.ask(async (redis) => await redis.flushall())
    assert.equal(await keyValue.get('product'), null)
    assert.equal((await keyValue.increment('caller', WINDOW)).count, 6)
    await keyValue.set('product', 'y', LONG)
    assert.equal(await keyValue.get('product'), 'y')
    assert.deepEqual(told(), ['up'])
  })

  it('F8 never finds again what was deleted while it was away', { skip }, async () => {
    const server = await createServerOfOurOwn()
    const { keyValue } = await openUp(server)
    for (const key of ['permissions', 'price', 'name']) await keyValue.set(key, 'old', LONG)

    server.signal('SIGSTOP')
    await keyValue.delete('permissions')
    assert.equal(keyValue.state(), 'down')
    await keyValue.delete('price')
    server.signal('SIGCONT')
    await becomes('up', keyValue)
    const found = await Promise.all(['permissions', 'price', 'name'].map(keyValue.get))
    assert.deepEqual(found, [null, null, 'old'])
  })

  it('F8 forgets every value when more was deleted than can be remembered, and no more than that', {
    skip,
  }, async () => {
    const server = await createServerOfOurOwn()
    const { keyValue } = await openUp(server)
    const keys = Array.from({ length: 10_500 }, (_, product) => `product ${product}`)
    await Promise.all(keys.map(async (key) => await keyValue.set(key, 'old', LONG)))
    await becomes('up', keyValue)
    await keyValue.increment('caller', WINDOW)
    await server.ask(async (redis) => await redis.set("somebody else's", 'x'))

    server.signal('SIGSTOP')
    await keyValue.delete('a key')
    await keyValue.delete(...keys.slice(0, 10_200))
    server.signal('SIGCONT')
    await becomes('up', keyValue)
    assert.ok((await Promise.all(keys.map(keyValue.get))).every((value) => value === null))
    const left = await server.ask(async (redis) => await redis.keys('*'))
    assert.deepEqual(left.toSorted(), ['karya:count:caller', 'karya:server', "somebody else's"])
  })

  it('F8 reads nothing from a snapshot that is older than a deletion', { skip }, async () => {
    const server = await createServerOfOurOwn()
    const { keyValue } = await openUp(server)
    await keyValue.set('permissions', 'old', LONG)
    await server.ask(async (redis) => {
      await redis.set("somebody else's", 'x')
      await redis.save()
    })
    await keyValue.delete('permissions')
    assert.equal(keyValue.state(), 'up', 'the deletion was made')

    await server.kill()
    await becomes('down', keyValue)
    await server.start()
    await becomes('up', keyValue)
    assert.equal(await server.ask(async (redis) => await redis.get("somebody else's")), 'x', 'it is restored')
    assert.equal(await keyValue.get('permissions'), null)
    const { keyValue: newcomer } = createTestKeyValue(server.url)
    await becomes('up', newcomer)
    assert.equal(await newcomer.get('permissions'), null)
  })

  it('F8 may drop the connection, again and again', { skip }, async () => {
    const server = await createServerOfOurOwn()
    const { keyValue, told } = await openUp(server)
    for (let drop = 1; drop <= 2; drop += 1) {
      await server.ask(async (redis) => await redis.call('CLIENT', 'KILL', 'TYPE', 'normal'))
      await becomes('down', keyValue)
      await becomes('up', keyValue)
    }
    await keyValue.set('product', 'x', LONG)
    assert.equal(await keyValue.get('product'), 'x')
    assert.deepEqual(told(), ['up', 'down', 'up', 'down', 'up'])
  })

  it('F17 counts here while Redis is full, and says so once', { skip }, async () => {
    const server = await createServerOfOurOwn()
    const { keyValue, told, lines } = await openUp(server)
    await keyValue.increment('caller', WINDOW)
    await server.ask(async (redis) => await redis.config('SET', 'maxmemory', '1'))
    for (let count = 2; count <= 20; count += 1) {
      assert.equal((await keyValue.increment('caller', WINDOW)).count, count)
      await delay(100)
    }
    assert.deepEqual(told(), ['up', 'down'])
    assert.match(lines.at(-1) ?? '', /OOM/)
    await server.ask(async (redis) => await redis.config('SET', 'maxmemory', '0'))
    await becomes('up', keyValue)
    assert.equal((await keyValue.increment('caller', WINDOW)).count, 21)
  })

  it('F13 tells why it refuses us, and not with which password', { skip }, async () => {
    const server = await createServerOfOurOwn()
    await server.start('--requirepass', 'the right one')
    const { keyValue, lines, told } = createTestKeyValue(server.url.replace('//', '//:sesame@'))
    while (told().length === 0) await delay(5)
    assert.equal(keyValue.state(), 'down')
    assert.equal((await keyValue.increment('caller', WINDOW)).count, 1)
    assert.match(lines.join(''), /WRONGPASS/)
    assert.doesNotMatch(lines.join(''), /sesame/)
  })

  it('F3 lets the process end: once closed, nothing is tried any more', { skip }, async () => {
    const server = await createServerOfOurOwn()
    const { keyValue, told } = createTestKeyValue(server.url)
    while (told().length === 0) await delay(5)
    await keyValue.close()
    await server.start()
    await delay(1_500)
    assert.equal(await countClients(server), 0)
    assert.deepEqual(told(), ['down'])
  })
})
