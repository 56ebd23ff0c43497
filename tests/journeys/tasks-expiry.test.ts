import assert from 'node:assert/strict'
import process from 'node:process'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Backend, engines } from '#tests/backends'
import { check } from '#tests/checker/check'
import { signInAsAdministrator } from '#tests/journey'
import { drain } from '#tests/load-backlog'
import { carriers } from '#tests/load-carriers'
import { type Fleet, startFleet } from '#tests/load-fleet'
import { type Scene, setScene } from '#tests/load-journey'
import { openExpiringTasks, quantile, readExpiries, waitUntil } from '#tests/load-tasks'
import { type RedisProcess, redisMissing, startRedisProcess } from '#tests/redis-process'

const TASKS = Number(process.env['TASKS'] ?? 300)
const WINDOW_MS = Number(process.env['WINDOW_MS'] ?? 6_000)
const PROCESSES = Number(process.env['PROCESSES'] ?? 4)
/** A process is killed so often while tasks end; 0 for never. */
const KILLS_MS = Number(process.env['KILLS_MS'] ?? 2_000)
/** The promise. */
const LATE_MS = 1_000

const redisModes = ['none', 'redis', 'redis-killed'] as const
type RedisMode = (typeof redisModes)[number]

/** One for each engine; all together are three for each. */
const USUAL = ['sqlite+none', 'postgres+redis-killed', 'mysql+redis']
const { COMBINATIONS = '' } = process.env
const wanted = COMBINATIONS === '' ? USUAL : COMBINATIONS.toLowerCase().split(',')

for (const backend of engines) {
  for (const mode of redisModes) {
    if (!wanted.includes('all') && !wanted.includes(`${backend.engine}+${mode}`)) continue
    const missing = backend.missing ?? (mode === 'none' ? null : redisMissing)
    const title = `tasks that expire (${backend.engine}, ${mode})`
    describe(title, { skip: missing ?? false }, () => expireMany({ backend, mode }))
  }
}

function expireMany({ backend, mode }: { readonly backend: Backend; readonly mode: RedisMode }): void {
  let scene: Scene
  let redis: RedisProcess | null = null
  let fleet: Fleet | undefined

  before(async () => {
    const [inProcess] = carriers
    assert.ok(inProcess)
    scene = await setScene(backend, inProcess)
    redis = mode === 'none' ? null : await startRedisProcess()
  })
  after(async () => {
    await fleet?.stop()
    await redis?.remove()
    await scene.remove()
  })

  it(`T3 expires each of ${TASKS} tasks within ${WINDOW_MS} ms once, none early, none more than ${LATE_MS} ms late`, async (t) => {
    const { REDIS_URL: _shared, ...environment } = scene.environment
    fleet = await startFleet({
      environment: { ...environment, ...(redis === null ? {} : { REDIS_URL: redis.url }) },
      processes: PROCESSES,
    })
    const running = fleet
    const [client] = running.clients
    assert.ok(client)
    const { token } = await signInAsAdministrator(client)
    const planned = await openExpiringTasks({
      clients: running.clients,
      token,
      tasks: TASKS,
      windowMs: WINDOW_MS,
    })
    await waitUntil(planned.firstEndAt)

    const starts: number[] = []
    async function killAgainAndAgain(): Promise<void> {
      if (KILLS_MS === 0) return
      while (Date.now() < planned.lastEndAt.getTime()) {
        const pause = delay(KILLS_MS)
        starts.push(await running.killAndRestart(starts.length % PROCESSES))
        await pause
      }
    }
    async function loseRedis(): Promise<void> {
      await delay(WINDOW_MS / 2)
      if (mode === 'redis-killed') redis?.kill('SIGKILL')
    }
    await Promise.all([killAgainAndAgain(), loseRedis(), waitUntil(planned.lastEndAt)])
    const { tookMs } = await drain(scene.db, { limitMs: 120_000, output: running.output })

    const expiries = await readExpiries(scene.db)
    const late = expiries.map(({ lateMs }) => lateMs)
    t.diagnostic(
      [
        `${planned.expiring.length} expired, ${planned.spared.length} spared`,
        `${starts.length} kills, start ${Math.round(Math.max(0, ...starts))} ms at most`,
        `late by ${[0.5, 0.99, 1].map((share) => quantile(late, share)).join(', ')} ms (median, 99 %, most)`,
        `early ${late.filter((ms) => ms < 0).length}`,
        `events at rest ${Math.round(tookMs)} ms after the last end`,
      ].join('; '),
    )
    assert.deepEqual(
      expiries.map(({ taskId }) => taskId).toSorted(),
      planned.expiring.toSorted(),
      'exactly those that were not spared',
    )
    for (const { taskId, count, lateMs, toldLateMs } of expiries) {
      assert.equal(count, 1, `${taskId} has ${count} events`)
      assert.ok(lateMs >= 0, `${taskId} expired ${-lateMs} ms early`)
      assert.ok(lateMs <= LATE_MS, `${taskId} expired ${lateMs} ms late`)
      assert.ok(toldLateMs <= LATE_MS, `${taskId} was told of ${toldLateMs} ms late`)
    }
    const codes = await running.stop()
    fleet = undefined
    assert.deepEqual(
      codes,
      codes.map(() => 0),
    )
    assert.deepEqual(await check({ environment: scene.environment }), [])
  })
}
