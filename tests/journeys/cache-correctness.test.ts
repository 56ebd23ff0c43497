import assert from 'node:assert/strict'
import process from 'node:process'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { HOP_MS } from '#platform/cache/change-watch'
import { type Backend, onEach, pairs } from '#tests/backends'
import { type CacheReport, findStaleReads, startCacheFleet } from '#tests/cache-fleet'

/** Reads and writes of all processes together. The promise is kept at 50,000; see docs/reliability.md, R6. */
const OPERATIONS = Number(process.env['CACHE_OPERATIONS'] ?? 1_200)
/** How many processes share them, one number for each run. */
const PROCESSES = (process.env['CACHE_PROCESSES'] ?? '1,2,4').split(',').map(Number)
/** Of all processes together, as are the writers. */
const READERS = 8
const WRITERS = 8
const RECORDS = 20
/** Concurrent misses on one key, in each process; the promise is kept at 10,000. */
const MISSES = Number(process.env['CACHE_MISSES'] ?? 10_000)

onEach(pairs, 'the cache under writers and readers', (backend) => {
  for (const processes of PROCESSES) {
    it(`S2 shows nothing older than the last acknowledged write and a hop, with ${processes} processes`, async (t) => {
      const reports = await run(backend, { processes, isFaulty: false })
      t.diagnostic(describeRun(reports))
      assert.deepEqual(
        reports.flatMap(({ failures }) => failures),
        [],
      )
      assert.deepEqual(findStaleReads(reports).slice(0, 5), [])
      assert.ok(reports.every(({ hits }) => hits > 0))
    })
  }

  it('S2 finds the mistake of keeping what was read before the last change', async (t) => {
    const reports = await run(backend, { processes: 2, isFaulty: true })
    const found = findStaleReads(reports)
    t.diagnostic(`${found.length} reads; the first: ${found[0]}`)
    assert.ok(found.length > 0)
  })

  for (const processes of [1, 4]) {
    it(`S3 asks the database once in each of ${processes} processes for ${MISSES} misses at once`, async (t) => {
      const fleet = await startCacheFleet(backend, { processes, records: 1 })
      try {
        const [id = ''] = fleet.ids
        const reports = await fleet.each({ name: 'stampede', id, readers: MISSES })
        t.diagnostic(`statements: ${reports.map(({ statements }) => statements).join(', ')}`)
        for (const { reads, statements } of reports) {
          assert.equal(reads.length, MISSES)
          assert.ok(statements <= 1, `${statements} statements`)
        }
        const sum = reports.reduce((total, { statements }) => total + statements, 0)
        assert.ok(sum >= 1, 'nobody asked the database')
      } finally {
        await fleet.remove()
      }
    })
  }
})

/** The reports of each process, those of a last look at everything among them. */
async function run(
  backend: Backend,
  { processes, isFaulty }: { readonly processes: number; readonly isFaulty: boolean },
): Promise<CacheReport[]> {
  const fleet = await startCacheFleet(backend, { processes, records: RECORDS })
  try {
    const { ids } = fleet
    const reports = await fleet.each({
      name: 'work',
      ids,
      operations: Math.ceil(OPERATIONS / processes),
      writers: WRITERS / processes,
      readers: READERS / processes,
      isFaulty,
    })
    await delay(HOP_MS)
    const last = await fleet.each({ name: 'read', ids })
    return reports.map((report, index) => ({
      ...report,
      reads: [...report.reads, ...(last[index]?.reads ?? [])],
    }))
  } finally {
    await fleet.remove()
  }
}

function describeRun(reports: readonly CacheReport[]): string {
  const sum = (of: (report: CacheReport) => number) => reports.reduce((total, each) => total + of(each), 0)
  const writes = sum(({ acknowledged }) => acknowledged.length)
  const reads = sum((each) => each.reads.length)
  return `${writes} writes, ${reads} records read, ${sum((r) => r.hits)} hits, ${sum((r) => r.loads)} loads, ${sum((r) => r.stale)} stale copies dropped`
}
