/**
 * Runs the tests, each file in a process of its own: `npm test`, or `npm test -- server/modules/shop` for a part.
 * On its own it needs nothing but the project. With TEST_POSTGRES_URL, TEST_MYSQL_URL, TEST_REDIS_URL … set (see
 * `node tools/services.mjs env`) every test through HTTP or SQL runs on those as well; with TEST_REQUIRE_ALL=1 a test
 * that was skipped counts as failed. A file that takes more than TEST_TIMEOUT_SECONDS (600) fails: the journeys at
 * their large sizes need more.
 */
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import process from 'node:process'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const wanted = process.argv.slice(2)
const files = globSync([
  'server/**/*.test.ts',
  'tests/**/*.test.ts',
  'tools/**/*.test.ts',
  'simulators/**/*.test.ts',
])
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.startsWith(part)))
  .sort()
if (files.length === 0) {
  console.error(`there is no test file below ${wanted.join(', ')}`)
  process.exit(1)
}

/** These kill processes and stop services under load: beside others they would measure the others. */
const ALONE = [/^tests\/journeys\//, /faults\.test\.ts$/]
const isAlone = (file) => ALONE.some((pattern) => pattern.test(file))
const rounds = [
  // Much of their time they wait for a deadline or another process.
  { files: files.filter((file) => !isAlone(file)), concurrency: availableParallelism() + 1 },
  { files: files.filter(isAlone), concurrency: 1 },
]

const timeout = Number(process.env.TEST_TIMEOUT_SECONDS ?? 600) * 1_000

const count = { passed: 0, failed: 0, skipped: 0 }
/** What each file had, and how long it took. */
const lines = []
for (const { files: chosen, concurrency } of rounds) {
  if (chosen.length > 0) await runFiles(chosen, concurrency)
}

async function runFiles(chosen, concurrency) {
  const stream = run({ files: chosen, concurrency, timeout })
  // A suite is counted by its tests.
  const isSuite = (event) => event.details?.type === 'suite'
  stream.on('test:pass', (event) => {
    if (isSuite(event)) {
      if (event.skip !== undefined) count.skipped += 1
    } else if (event.skip !== undefined || event.todo !== undefined) count.skipped += 1
    else count.passed += 1
  })
  stream.on('test:fail', (event) => {
    if (!isSuite(event)) count.failed += 1
  })
  stream.on('test:summary', ({ file, counts, duration_ms: ms }) => {
    if (file === undefined) return
    const parts = [`${counts.passed} passed`]
    if (counts.passed < counts.tests) parts.push(`${counts.tests - counts.passed} not`)
    lines.push(`${(ms / 1_000).toFixed(1).padStart(7)} s  ${relative('.', file)}  ${parts.join(', ')}`)
  })
  for await (const text of stream.compose(spec)) process.stdout.write(text)
}

if (lines.length > 1) console.log(`\n${lines.join('\n')}`)
const isIncomplete = process.env.TEST_REQUIRE_ALL === '1' && count.skipped > 0
if (isIncomplete)
  console.log('\nSkipped tests count as failed here: TEST_REQUIRE_ALL=1 asks for all of them.')
const failed = count.failed + (isIncomplete ? count.skipped : 0)
const skipped = isIncomplete ? 0 : count.skipped
process.exitCode = failed > 0 || count.passed === 0 ? 1 : 0
console.log(`\n${count.passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
