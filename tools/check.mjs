/** Everything that can be said of the code without running it: `npm run check`. All checks run, then the first failure decides. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'

const bin = join('node_modules', '.bin')
/** @type {[name: string, command: string, args: string[]][]} */
const checks = [
  ['format', join(bin, 'biome'), ['check', '--linter-enabled=false', '.']],
  ['lint', join(bin, 'oxlint'), ['--deny-warnings', '.']],
  ['types', join(bin, 'tsc'), ['-p', 'tsconfig.json']],
  ['unused', join(bin, 'knip'), ['--no-progress']],
  ['architecture', process.execPath, ['--test', '--test-reporter=dot', 'tests/architecture.test.ts']],
]

const failed = []
for (const [name, command, args] of checks) {
  const startedAt = Date.now()
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' })
  console.log(
    `${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - startedAt) / 1_000).toFixed(1)} s)`,
  )
  if (status !== 0) failed.push(name)
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`)
  process.exit(1)
}
