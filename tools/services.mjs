/**
 * Real PostgreSQL, MariaDB, Redis, NATS and Kafka on this machine without Docker, for the tests and for
 * local use:
 *
 *   node tools/services.mjs up [NAME…]     use what runs already, install and start the rest (Debian)
 *   node tools/services.mjs env [--json]   where they are: eval "$(node tools/services.mjs env)"
 *   node tools/services.mjs status         one line a service
 *   node tools/services.mjs down [--purge] stop what `up` started; --purge removes what they wrote
 *
 * What they write is below .services/, a log and a pid file each.
 */
import { rmSync } from 'node:fs'
import process from 'node:process'
import { findInUse, isUp, logFileOf, startService, stopService } from './services/lifecycle.mjs'
import { onceAtATime } from './services/network.mjs'
import { readLastLines } from './services/processes.mjs'
import { canInstallPackages, findMissingPackages, installPackages } from './services/programs.mjs'
import { registry } from './services/registry.mjs'
import { readState, servicesFolder } from './services/state.mjs'

const USAGE = `node tools/services.mjs up|down|env|status [${registry.map(({ name }) => name).join('|')} …]`

function say(line) {
  console.error(line)
}

function sayReady({ service, state, how }) {
  say(`${service.title.padEnd(10)} ${state[service.name].address}  ${how}`)
}

/** The services that cannot be used as things are; of the others it says where they are. */
async function findAbsent(services, state) {
  const ways = await Promise.all(services.map((service) => findInUse({ service, state, say })))
  return services.filter((service, index) => {
    if (ways[index] === 'running') sayReady({ service, state, how: 'is running' })
    if (ways[index] === 'foreign') sayReady({ service, state, how: 'is there, not ours' })
    return ways[index] === undefined
  })
}

function sayWhatElse(absent, packages) {
  const root = packages.length > 0 ? `, and root to install ${packages.join(', ')}` : ''
  say(`${absent.map(({ title }) => title).join(', ')} cannot be started here: that needs Debian${root}.`)
  say('Anywhere else this starts all services:')
  say('  docker compose -f deploy/compose.yaml up')
}

async function startAndSay({ service, state }) {
  const startedAt = Date.now()
  try {
    await startService({ service, state })
    sayReady({ service, state, how: `started in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s` })
    return true
  } catch (error) {
    say(`${service.title} could not be started: ${error.message}\n${readLastLines(logFileOf(service))}`)
    return false
  }
}

async function up(services) {
  const state = readState()
  let absent = await findAbsent(services, state)
  const packages = findMissingPackages(absent)
  if (absent.length > 0 && (process.platform !== 'linux' || (packages.length > 0 && !canInstallPackages()))) {
    sayWhatElse(absent, packages)
    return false
  }
  if (packages.length > 0) {
    say(`installing ${packages.join(', ')}`)
    await installPackages(packages)
    // With its client installed, a database that runs already can be tried as well.
    absent = await findAbsent(absent, state)
  }
  const started = await Promise.all(absent.map((service) => startAndSay({ service, state })))
  return !started.includes(false)
}

async function down(services, { purge }) {
  const state = readState()
  await Promise.all(
    services.map(async (service) => {
      const isOurs = state[service.name]?.pid !== undefined
      await stopService({ service, state })
      if (isOurs) say(`${service.title} is stopped`)
    }),
  )
  if (!purge) return
  const folders = registry.map(({ name }) => state[name]?.home).filter((home) => home !== undefined)
  for (const folder of [...folders, servicesFolder]) rmSync(folder, { recursive: true, force: true })
  say('their data and programs are removed')
}

async function collectEnvironment(services) {
  const state = readState()
  const variables = {}
  for (const service of services) {
    const entry = state[service.name]
    if (!(await isUp({ service, entry }))) continue
    variables[service.variable] = entry.address
    if (service.pidVariable && entry.pid !== undefined) variables[service.pidVariable] = String(entry.pid)
  }
  return variables
}

async function printEnvironment(services, { json }) {
  const variables = await collectEnvironment(services)
  if (json) return console.log(JSON.stringify(variables, null, 2))
  for (const [name, value] of Object.entries(variables))
    console.log(`export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`)
}

async function printStatus(services) {
  const state = readState()
  for (const service of services) {
    const entry = state[service.name]
    const whose = entry?.pid === undefined ? 'not ours' : `process ${entry.pid}`
    const where = (await isUp({ service, entry })) ? `up    ${entry.address}  ${whose}` : 'down'
    console.log(`${service.title.padEnd(10)} ${where}`)
  }
}

/** The services named, or all of them. */
function chooseServices(names) {
  const unknown = names.filter((name) => !registry.some((service) => service.name === name))
  if (unknown.length > 0) throw new Error(`there is no service ${unknown.join(', ')}\n${USAGE}`)
  return names.length === 0 ? registry : registry.filter(({ name }) => names.includes(name))
}

async function main([command, ...rest]) {
  const options = rest.filter((argument) => argument.startsWith('--'))
  const services = chooseServices(rest.filter((argument) => !argument.startsWith('--')))
  const allowed = { up: [], down: ['--purge'], env: ['--json'], status: [] }[command]
  if (!allowed || options.some((option) => !allowed.includes(option))) throw new Error(USAGE)
  const purge = options.includes('--purge')
  if (purge && services !== registry) throw new Error('--purge removes all services, so name none')

  if (command === 'env') await printEnvironment(services, { json: options.includes('--json') })
  if (command === 'status') await printStatus(services)
  if (command === 'down') await onceAtATime(() => down(services, { purge }), say)
  if (command === 'up' && !(await onceAtATime(() => up(services), say))) process.exitCode = 1
}

main(process.argv.slice(2)).catch((error) => {
  say(error.message)
  process.exitCode = 1
})
