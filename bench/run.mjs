/**
 * The benches one after another: `npm run bench -- [products] [orders] [startup] [events]`, all without a name.
 * What else is said goes on to each of them.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'

const all = ['startup', 'products', 'orders', 'events']
const said = process.argv.slice(2)
const names = said.filter((word) => !word.startsWith('--'))
const unknown = names.filter((name) => !all.includes(name))
if (unknown.length > 0)
  throw new Error(`there is no bench ${unknown.join(', ')}; there are ${all.join(', ')}`)

const rest = said.filter((word) => word.startsWith('--'))
for (const name of names.length === 0 ? all : names) {
  console.log(`\n${name}`)
  const { status } = spawnSync(process.execPath, [join('bench', `${name}.mjs`), ...rest], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exitCode = 1
}
