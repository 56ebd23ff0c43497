import assert from 'node:assert/strict'
import process from 'node:process'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { HOP_MS } from '#platform/cache/change-watch'
import { engines, onEach } from '#tests/backends'
import { findStaleReads, startCacheFleet } from '#tests/cache-fleet'
import { type RedisProcess, redisMissing, startRedisProcess } from '#tests/redis-process'

const OPERATIONS = Number(process.env['CACHE_OPERATIONS'] ?? 1_500)
const PROCESSES = [1, 4]
const FAULT_MS = 1_000

describe('a Redis of its own', { skip: redisMissing ?? false }, () => {
  onEach(engines, 'the cache while Redis fails', (backend) => {
    let redis: RedisProcess

    before(async () => {
      redis = await startRedisProcess()
    })
    after(async () => {
      redis.kill('SIGCONT')
      await redis.remove()
    })

    const faults = {
      killed: { begin: () => redis.kill('SIGKILL'), end: async () => await redis.restart() },
      hung: { begin: () => redis.kill('SIGSTOP'), end: () => redis.kill('SIGCONT') },
      flushed: { begin: async () => await redis.command('FLUSHALL'), end: () => {} },
    }

    /** Answers how often it failed while the work went on. */
    async function failDuring(work: Promise<unknown>, name: keyof typeof faults): Promise<number> {
      const { begin, end } = faults[name]
      const progress = { isOver: false }
      const over = work.finally(() => {
        progress.isOver = true
      })
      let times = 0
      while (!progress.isOver) {
        await delay(FAULT_MS)
        await begin()
        await delay(FAULT_MS)
        await end()
        times += 1
      }
      await over
      return times
    }

    const names = ['killed', 'hung', 'flushed'] as const
    const cases = names.flatMap((name) => PROCESSES.map((processes) => [name, processes] as const))
    for (const [name, processes] of cases) {
      it(`S2 F8 shows nothing old and refuses nothing while Redis is ${name} again and again, with ${processes} processes`, async (t) => {
        const environment = { REDIS_URL: redis.url }
        const fleet = await startCacheFleet(backend, { processes, records: 20, environment })
        try {
          const work = fleet.each({
            name: 'work',
            ids: fleet.ids,
            operations: OPERATIONS / processes,
            writers: 4,
            readers: 4,
            isFaulty: false,
          })
          const times = await failDuring(work, name)
          const reports = await work
          await delay(HOP_MS)
          const last = await fleet.each({ name: 'read', ids: fleet.ids })
          const failures = reports.flatMap((report) => report.failures)
          const all = reports.map((report, index) => ({
            ...report,
            reads: [...report.reads, ...(last[index]?.reads ?? [])],
          }))
          t.diagnostic(`${name} ${times} times`)
          assert.ok(times > 0)
          assert.deepEqual(failures, [])
          assert.deepEqual(findStaleReads(all).slice(0, 5), [])
        } finally {
          await fleet.remove()
        }
      })
    }
  })
})
