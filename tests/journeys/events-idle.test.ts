import assert from 'node:assert/strict'
import process from 'node:process'
import { after, before, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { drain } from '#tests/load-backlog'
import { type Fleet, startFleet } from '#tests/load-fleet'
import { type Scene, setScene } from '#tests/load-journey'
import { onCombinations } from '#tests/load-matrix'

/** How long is watched, after a moment in which the start is over. */
const WATCHED_SECONDS = Number(process.env['WATCHED_SECONDS'] ?? 10)
const PROCESSES = 2
const TAKEN_OVER = 'another process has taken over the events'

onCombinations(
  ['sqlite+in-process', 'postgres+in-process', 'mysql+in-process'],
  'an idle process',
  ({ backend, carrier }) => {
    let scene: Scene
    let fleet: Fleet | undefined

    before(async () => {
      scene = await setScene(backend, carrier)
    })
    after(async () => {
      await fleet?.stop()
      await scene.remove()
    })

    /** Statements of each process by its own count; to ask makes some more. */
    async function countStatements(): Promise<number[]> {
      return await Promise.all(
        (fleet?.clients ?? []).map(async ({ ask }) => {
          const { text } = await ask('/metrics')
          const counts = text.matchAll(/^db_query_duration_seconds_count\S* (\d+)$/gm)
          return Array.from(counts, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0)
        }),
      )
    }

    /** How often a process has lost the events to another, which costs both some statements: a machine that stalled. */
    const countTakeovers = () => fleet?.output().split(TAKEN_OVER).length ?? 0

    async function watch(): Promise<number[]> {
      const asked = await countStatements()
      const before = await countStatements()
      await delay(WATCHED_SECONDS * 1_000)
      const statements = await countStatements()
      return statements.map((count, index) => {
        const [first = 0, second = 0] = [asked[index], before[index]]
        return (count - second - (second - first)) / WATCHED_SECONDS
      })
    }

    /** In peace, that is, for which a busy machine has some tries. */
    async function watchInPeace(tries = 5): Promise<number[]> {
      const takeovers = countTakeovers()
      const perSecond = await watch()
      if (countTakeovers() === takeovers || tries === 1) return perSecond
      return await watchInPeace(tries - 1)
    }

    it('E1 asks the database at most once a second', async (t) => {
      fleet = await startFleet({
        environment: { ...scene.environment, LOG_LEVEL: 'info' },
        processes: PROCESSES,
      })
      await drain(scene.db, { limitMs: 20_000, output: fleet.output })
      // What was claimed at the start is looked after until the claims would have run out.
      await delay(7_000)
      const perSecond = await watchInPeace()
      t.diagnostic(`statements a second: ${perSecond.map((rate) => rate.toFixed(2)).join(', ')}`)
      for (const rate of perSecond) {
        assert.ok(rate > 0, 'no statement was counted')
        assert.ok(rate <= 1, `${rate} statements a second`)
      }
    })
  },
)
