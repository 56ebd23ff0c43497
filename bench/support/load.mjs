/**
 * Runs scenarios against a server process on every engine that is there, and says for each how many requests it
 * answered each second and what one of them cost in CPU time, of the server and of its database.
 */
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { backends } from '#tests/backends'
import { createClient } from '#tests/client'
import { JOURNEY, signInAsAdministrator, stockUp } from '#tests/journey'
import { startServerProcess } from '#tests/server-process'

/** Linux counts the time of processes in hundredths of a second. */
const TICK_MICROSECONDS = 10_000
const DATABASE_PROGRAMS = { postgres: 'postgres', mysql: 'mariadbd' }

/** The sizes that every bench takes: `--seconds=5 --connections=16 --products=200 --engine=sqlite --log=warn`. */
function readSizes() {
  const { values } = parseArgs({
    strict: false,
    options: {
      seconds: { type: 'string', default: '5' },
      warmup: { type: 'string', default: '2' },
      connections: { type: 'string', default: '16' },
      products: { type: 'string', default: '200' },
      engine: { type: 'string', default: '' },
      log: { type: 'string', default: 'warn' },
    },
  })
  return {
    seconds: Number(values.seconds),
    warmupSeconds: Number(values.warmup),
    connections: Number(values.connections),
    products: Number(values.products),
    engine: values.engine,
    logLevel: values.log,
  }
}

/** User and system time of a process so far, with that of its children that have ended. */
function cpuTicks(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The program's name, in brackets, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  } catch {
    return 0
  }
}

function pidsOf(program) {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      return readFileSync(`/proc/${entry}/comm`, 'utf8').trim() === program
    } catch {
      return false
    }
  })
}

/** User and system time of some processes so far. */
export function cpuMicroseconds(pids) {
  return pids.reduce((sum, pid) => sum + cpuTicks(pid), 0) * TICK_MICROSECONDS
}

async function measure({ title, server, engine, request, sizes, connections = sizes.connections }) {
  const program = DATABASE_PROGRAMS[engine]
  const ownCpu = () => cpuMicroseconds([server.pid])
  const databaseCpu = () => (program === undefined ? 0 : cpuMicroseconds(pidsOf(program)))
  const load = { url: server.url, connections, requests: [request] }
  await autocannon({ ...load, duration: sizes.warmupSeconds })
  const before = { own: ownCpu(), database: databaseCpu() }
  const result = await autocannon({ ...load, duration: sizes.seconds })
  const spent = { own: ownCpu() - before.own, database: databaseCpu() - before.database }
  const answers = result['2xx'] + result.non2xx
  console.log(
    [
      title.padEnd(30),
      `${(answers / result.duration).toFixed(0).padStart(6)}/s`,
      `p50 ${String(result.latency.p50).padStart(3)} ms`,
      `p99 ${String(result.latency.p99).padStart(3)} ms`,
      `${(spent.own / answers).toFixed(0).padStart(6)} µs of the server`,
      program === undefined ? '' : `${(spent.database / answers).toFixed(0).padStart(5)} µs of ${program}`,
      result.non2xx + result.errors > 0 ? `${result.non2xx} REFUSED, ${result.errors} BROKEN` : '',
    ].join('  '),
  )
  if (result.non2xx + result.errors > 0) process.exitCode = 1
}

/** `scenarios` gets what a scenario needs and answers `{ title, request, connections? }` for each. */
export async function measureOnEachEngine(scenarios) {
  const sizes = readSizes()
  for (const { name, engine, missing, create } of backends) {
    if (missing !== null || !name.toLowerCase().includes(sizes.engine.toLowerCase())) {
      if (missing !== null) console.log(`${name}: left out, ${missing}`)
      continue
    }
    const place = await create()
    try {
      const server = await startServerProcess({
        ...JOURNEY,
        LOG_LEVEL: sizes.logLevel,
        ...place.environment,
      })
      try {
        const client = createClient(server.url)
        const { token } = await signInAsAdministrator(client)
        const stocks = Array.from({ length: sizes.products }, () => 1_000_000)
        const products = await stockUp(client, token, stocks)
        client.close()
        console.log(`\n${name}, ${sizes.connections} connections, ${sizes.products} products`)
        for (const scenario of scenarios({ token, products }))
          await measure({ ...scenario, server, engine, sizes })
      } finally {
        server.kill('SIGTERM')
        await server.ended
      }
    } finally {
      await place.remove()
    }
  }
}

/** One of several, each time another. */
export function takeTurns(list) {
  let turn = 0
  return () => list[turn++ % list.length]
}
