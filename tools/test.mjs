/**
 * Runs the tests, each file in a process of its own: `npm test`, or `npm test -- server/modules/shop` for a part.
 * On its own it needs nothing but the project. With TEST_POSTGRES_URL, TEST_MYSQL_URL, TEST_REDIS_URL … set (see
 * `node tools/services.mjs env`) every test through HTTP or SQL runs on those as well; with TEST_REQUIRE_ALL=1 a test
 * that was skipped counts as failed.
 */
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const wanted = process.argv.slice(2)
const files = globSync(['server/**/*.test.ts', 'tests/**/*.test.ts', 'tools/**/*.test.ts'])
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.startsWith(part)))
  .sort()
if (files.length === 0) {
  console.error(`there is no test file below ${wanted.join(', ')}`)
  process.exit(1)
}

const count = { passed: 0, failed: 0, skipped: 0 }
const stream = run({ files, concurrency: Math.max(2, availableParallelism()), timeout: 240_000 })
/** Suites are counted by their tests. */
const isSuite = (event) => event.details?.type === 'suite'
stream.on('test:pass', (event) => {
  if (isSuite(event)) return
  if (event.skip !== undefined || event.todo !== undefined) count.skipped += 1
  else count.passed += 1
})
stream.on('test:fail', (event) => {
  if (!isSuite(event)) count.failed += 1
})
stream.compose(spec).pipe(process.stdout)
stream.on('end', () => {
  const isIncomplete = process.env.TEST_REQUIRE_ALL === '1' && count.skipped > 0
  if (isIncomplete)
    console.log('\nSkipped tests count as failed here: TEST_REQUIRE_ALL=1 asks for all of them.')
  const failed = count.failed + (isIncomplete ? count.skipped : 0)
  process.exitCode = failed > 0 || count.passed === 0 ? 1 : 0
  const skipped = isIncomplete ? 0 : count.skipped
  process.on('exit', () =>
    console.log(`\n${count.passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`),
  )
})
