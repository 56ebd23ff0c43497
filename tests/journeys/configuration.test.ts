import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { engines, onEach, type Place } from '#tests/backends'
import { createClient } from '#tests/client'
import { ADMINISTRATOR, JOURNEY, signInAsAdministrator } from '#tests/journey'
import { startServerProcess } from '#tests/server-process'

const END_LIMIT_MS = 60_000

/** A start that has to fail; one that still lives after this time is killed and has no status. */
function start(environment: Readonly<Record<string, string>>) {
  const { status, stderr } = spawnSync(process.execPath, ['server/main.ts', 'serve'], {
    env: { PATH: process.env['PATH'], PORT: '0', ...environment },
    encoding: 'utf8',
    timeout: END_LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  return { status, stderr }
}

describe('the process and its configuration', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'karya-start-'))
  })
  after(async () => await rm(folder, { recursive: true, force: true }))

  const tryToStart = (environment: Readonly<Record<string, string>>) =>
    start({ DATA_DIR: folder, ...environment })

  it('F2 does not start with wrong variables, and names each of them in one message', () => {
    const wrong = {
      PORT: 'door',
      RATE_LIMIT: 'often',
      DATABASE_URL: 'oracle://x',
      KARYA_WORKER: '2',
      ADMIN_EMAIL: 'nobody',
    }
    const { status, stderr } = tryToStart(wrong)
    assert.equal(status, 1)
    for (const name of Object.keys(wrong)) assert.match(stderr, new RegExp(`\\b${name}\\b`))
    assert.doesNotMatch(stderr, /\n\s+at /)
  })

  it('F2 asks for a secret of one’s own in production', () => {
    const production = { NODE_ENV: 'production' }
    assert.match(tryToStart(production).stderr, /JWT_SECRET/)
    assert.match(tryToStart({ ...production, JWT_SECRET: 'short' }).stderr, /JWT_SECRET/)
    assert.match(
      tryToStart({ ...production, JWT_SECRET: 'changeme-changeme-changeme-changeme' }).stderr,
      /JWT_SECRET/,
    )
  })

  it('F2 makes a secret once and keeps it for its owner only, so that tokens outlive a restart', async () => {
    const environment = { DATA_DIR: folder, ...ADMINISTRATOR, LOG_LEVEL: 'warn' }
    const first = await startServerProcess(environment)
    const client = createClient(first.url)
    const { token } = await signInAsAdministrator(client)
    client.close()
    first.kill('SIGTERM')
    assert.equal(await first.ended, 0)
    const secret = await readFile(join(folder, 'secret'), 'utf8')
    assert.ok(secret.length >= 32)
    assert.equal((await stat(join(folder, 'secret'))).mode & 0o777, 0o600)

    const second = await startServerProcess(environment)
    const later = createClient(second.url)
    assert.equal((await later.ask('/api/v1/users/profile', { token })).status, 200)
    later.close()
    second.kill('SIGTERM')
    await second.ended
    assert.equal(await readFile(join(folder, 'secret'), 'utf8'), secret)
  })

  it('F5 refuses an old schema when it may not migrate', () => {
    const { status, stderr } = tryToStart({
      MIGRATE_ON_START: 'false',
      DATABASE_URL: `sqlite:${join(folder, 'other.db')}`,
    })
    assert.equal(status, 1)
    assert.match(stderr, /0001-platform/)
  })

  it('F20 serves with several workers, replaces one that ends, and stops in order', async () => {
    const server = await startServerProcess({
      DATA_DIR: folder,
      ...ADMINISTRATOR,
      KARYA_WORKERS: '2',
      LOG_LEVEL: 'info',
    })
    const client = createClient(server.url)
    const pids = () =>
      new Set(
        Array.from(server.output().matchAll(/"pid":(\d+)[^\n]*"msg":"ready"/g), ([, pid]) => Number(pid)),
      )
    while (pids().size < 2) await delay(20)
    const [worker] = pids()
    assert.ok(worker !== undefined && worker !== server.pid)
    process.kill(worker, 'SIGKILL')
    while (pids().size < 3) await delay(20)
    assert.equal((await client.ask('/health/ready')).status, 200)
    client.close()
    server.kill('SIGTERM')
    assert.equal(await server.ended, 0, server.output())
  })
})

onEach(
  engines.filter(({ engine }) => engine !== 'mysql'),
  'a start that fails',
  (backend) => {
    let place: Place
    const holder = createServer()
    let taken: string

    before(async () => {
      place = await backend.create()
      holder.listen(0, '127.0.0.1')
      await once(holder, 'listening')
      const address = holder.address()
      taken = String(typeof address === 'object' ? address?.port : assert.fail())
    })
    after(async () => {
      holder.close()
      await place.remove()
    })

    it('F1 ends the process and says why when a port is taken', () => {
      for (const [name, environment] of [
        ['PORT', { PORT: taken }],
        ['PORT in production', { PORT: taken, NODE_ENV: 'production', JWT_SECRET: JOURNEY.JWT_SECRET }],
        ['METRICS_PORT', { METRICS_PORT: taken }],
      ] as const) {
        const { status, stderr } = start({ ...place.environment, ...environment })
        assert.equal(status, 1, `${name}: ${stderr}`)
        assert.match(stderr, /^karya: listen EADDRINUSE/m, name)
      }
    })

    it('F1 ends the process and says why when the database is not there, though Redis is', () => {
      const { status, stderr } = start({ ...place.environment, DATABASE_URL: absent(place) })
      assert.equal(status, 1, stderr)
      assert.match(stderr, /^karya: the database cannot be used: \S/m)
      assert.doesNotMatch(stderr, /\n\s+at /)
    })

    it('F20 ends a worker that cannot serve, so that it is started again', async () => {
      const child = spawn(process.execPath, ['server/main.ts', 'serve'], {
        env: {
          PATH: process.env['PATH'],
          ...place.environment,
          DATABASE_URL: absent(place),
          PORT: '0',
          KARYA_WORKERS: '2',
        },
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => void (output += chunk.toString()))
      const deadline = Date.now() + END_LIMIT_MS
      const isReplaced = () => /"code":1,[^\n]*a worker has ended and is replaced/.test(output)
      while (!isReplaced() && Date.now() < deadline) await delay(50)
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      assert.ok(isReplaced(), output)
    })
  },
)

/** The address of a database that cannot be opened. */
function absent({ environment: { DATABASE_URL: url = '', DATA_DIR: folder } }: Place): string {
  return url.startsWith('sqlite:') ? `sqlite:${folder}` : `${url}_absent`
}
