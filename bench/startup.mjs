/**
 * How long a start takes on an existing data folder, from the process's birth to a ready answer:
 *
 *   node karya.mjs --run bench/startup.mjs [--runs=10] [--command=launcher|npm|server]
 *
 * `launcher` is `node karya.mjs serve`, `npm` is `npm start`, `server` is the server without either. It runs on SQLite in
 * a new folder; the first start, which migrates and fills the compile cache, is said apart.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '#tests/server-process'
import { median } from './support/figures.mjs'

const { values } = parseArgs({
  strict: false,
  options: {
    runs: { type: 'string', default: '10' },
    command: { type: 'string', default: 'launcher' },
  },
})
const commands = {
  launcher: [process.execPath, 'karya.mjs', 'serve'],
  npm: ['npm', 'start'],
  server: [process.execPath, 'server/main.ts', 'serve'],
}
const [program, ...programArguments] = commands[String(values.command)] ?? []
if (program === undefined) throw new Error(`--command is one of ${Object.keys(commands).join(', ')}`)

const folder = await mkdtemp(join(tmpdir(), 'karya-startup-'))

/** One start and one stop; milliseconds to the first ready answer, by our clock and by the server's own. */
async function start() {
  const url = `http://127.0.0.1:${await freePort()}`
  const startedAt = performance.now()
  const child = spawn(program, programArguments, {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATA_DIR: folder,
      PORT: new URL(url).port,
      NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, as a terminal makes one: a shell between npm and the server passes no signal on.
    detached: true,
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  const ended = once(child, 'exit')
  let isReady = false
  while (!isReady) {
    if (child.exitCode !== null) throw new Error(`the server ended before it was ready:\n${output}`)
    // A connection that stayed open would be waited for at the stop.
    isReady = await fetch(`${url}/health/ready`, { headers: { connection: 'close' } }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (!isReady) await delay(2)
  }
  const readyMs = performance.now() - startedAt
  while (!output.includes('ready_in_ms')) await delay(2)
  process.kill(-Number(child.pid), 'SIGTERM')
  await ended
  return { readyMs, ownMs: Number(/"ready_in_ms":(\d+)/.exec(output)?.[1]) }
}

try {
  const first = await start()
  const runs = []
  for (let run = 0; run < Number(values.runs); run += 1) runs.push(await start())
  const show = (figures) =>
    `median ${median(figures).toFixed(0)} ms, slowest ${Math.max(...figures).toFixed(0)} ms`
  console.log(
    `${values.command}: first start ${first.readyMs.toFixed(0)} ms (its own count ${first.ownMs} ms)`,
  )
  console.log(
    `then ${runs.length} starts, until ready as seen from outside: ${show(runs.map(({ readyMs }) => readyMs))}`,
  )
  console.log(`the server's own count (ready_in_ms): ${show(runs.map(({ ownMs }) => ownMs))}`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
