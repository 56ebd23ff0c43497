import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createLog } from '#platform/telemetry/log'
import { eventually } from '#tests/event-place'
import { type RedisProcess, redisMissing, startRedisProcess } from '#tests/redis-process'
import type { Alarm } from '../timers/alarm.ts'
import { createRedisAlarm } from './redis-alarm.ts'

describe('alarms in Redis', { skip: redisMissing ?? false }, () => {
  let redis: RedisProcess | undefined
  const alarms: Alarm[] = []
  const logged: string[] = []
  const log = createLog({
    level: 'warn',
    destination: { write: (line: string) => void logged.push(line) },
  })
  afterEach(async () => {
    for (const alarm of alarms.splice(0)) await alarm.close()
    await redis?.remove()
    logged.splice(0)
  })

  /** Two processes at one Redis: the first sets alarms, the second hears them. */
  async function start(): Promise<{
    readonly redis: RedisProcess
    readonly setter: Alarm
    readonly rings: () => number
  }> {
    redis = await startRedisProcess()
    const { url } = redis
    const installation = 'ours'
    const [setter, hearer] = [1, 2].map(() => createRedisAlarm({ url, log, installation }))
    assert.ok(setter && hearer)
    alarms.push(setter, hearer)
    let count = 0
    hearer.onRing(() => {
      count += 1
    })
    return { redis, setter, rings: () => count }
  }
  const soon = () => new Date(Date.now() + 300)
  /** An alarm that is set before the connections are there is none. */
  const ringing = async (setter: Alarm, rings: () => number, name: string) => {
    const before = rings()
    await eventually(
      async () => {
        setter.set({ name, at: soon() })
        await delay(500)
        return rings()
      },
      (count) => count > before,
    )
  }
  const keysOf = async ({ command }: RedisProcess) => await command('DBSIZE')

  it('T3 tells every process when the time of a key is over', async () => {
    const { redis: server, setter, rings } = await start()
    await ringing(setter, rings, 'task:expiry:a')
    assert.match(await server.command('CONFIG GET notify-keyspace-events'), /[xA]/)
    assert.deepEqual(logged, [])
  })

  it('T3 tells of none that was taken back', async () => {
    const { redis: server, setter, rings } = await start()
    await ringing(setter, rings, 'a')
    setter.set({ name: 'b', at: soon() }, { name: 'c', at: new Date(Date.now() + 60_000) })
    setter.clear('b')
    const before = rings()
    await delay(700)
    assert.equal(rings(), before)
    assert.match(await keysOf(server), /:1/)
  })

  it('T3 E1 tells of nothing else whose time to live is over, lest the cache wake everybody', async () => {
    const { redis: server, setter, rings } = await start()
    await ringing(setter, rings, 'a')
    const before = rings()
    const other = createRedisAlarm({ url: server.url, log, installation: 'others' })
    alarms.push(other)
    let others = 0
    other.onRing(() => {
      others += 1
    })
    await ringing(other, () => others, 'a')
    for (const key of ['karya:ours:product:detail:1', 'karya:login:1', 'task:expiry:b'])
      await server.command(`SET ${key} x PX 200`)
    await delay(700)
    assert.equal(rings(), before)
  })

  it('T3 leaves what somebody else asked Redis to tell of as it is', async () => {
    redis = await startRedisProcess()
    await redis.command('CONFIG SET notify-keyspace-events Eg')
    const { url } = redis
    const alarm = createRedisAlarm({ url, log, installation: 'ours' })
    alarms.push(alarm)
    let count = 0
    alarm.onRing(() => {
      count += 1
    })
    await ringing(alarm, () => count, 'a')
    assert.match(await redis.command('CONFIG GET notify-keyspace-events'), /E/)
  })

  it('T3 costs nobody a moment while Redis hangs or is gone, and goes on when it is back', async () => {
    const { redis: server, setter, rings } = await start()
    await ringing(setter, rings, 'a')
    server.kill('SIGSTOP')
    const startedAt = performance.now()
    for (let index = 0; index < 1_000; index += 1) setter.set({ name: `task:${index}`, at: soon() })
    assert.ok(performance.now() - startedAt < 500, 'nothing is waited for')
    server.kill('SIGCONT')
    await server.restart()
    await ringing(setter, rings, 'b')
  })
})
