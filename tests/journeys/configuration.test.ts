import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '#tests/client'
import { ADMINISTRATOR, signInAsAdministrator } from '#tests/journey'
import { startServerProcess } from '#tests/server-process'

describe('the process and its configuration', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'karya-start-'))
  })
  after(async () => await rm(folder, { recursive: true, force: true }))

  function tryToStart(environment: Readonly<Record<string, string>>) {
    const { status, stderr } = spawnSync(process.execPath, ['server/main.ts', 'serve'], {
      env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: folder, ...environment },
      encoding: 'utf8',
      timeout: 20_000,
    })
    return { status, stderr }
  }

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
