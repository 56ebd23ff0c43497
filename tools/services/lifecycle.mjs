/** Finding, starting and stopping one service. */
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from './network.mjs'
import { isRunning, startProcess, stopProcess } from './processes.mjs'
import { findAccount, run } from './programs.mjs'
import { servicesFolder, writeState } from './state.mjs'

const START_LIMIT_MS = 120_000
const START_TRIES = 4
/** A server that runs gets this long to answer before it is taken for stuck. */
const ANSWER_PATIENCE_MS = 10_000

export const logFileOf = (service) => join(servicesFolder, service.name, `${service.name}.log`)
const pidFileOf = (service) => join(servicesFolder, service.name, 'pid')

async function answers(service, address) {
  return await service.answers(address).then(
    () => true,
    () => false,
  )
}

/** Keeps asking until the service answers, its process is gone, or the time is up. */
async function answersWhileRunning({ service, entry, until }) {
  while (isRunning(entry)) {
    if (await answers(service, entry.address)) return true
    if (Date.now() > until) return false
    await sleep(100)
  }
  return false
}

/**
 * Somebody else's service that the tests can use: the one named in the environment, or one at a usual
 * address.
 */
async function findForeignAddress(service) {
  const named = process.env[service.variable]
  for (const address of [...(named ? [named] : []), ...service.usualAddresses]) {
    try {
      await service.answers(address)
      await service.suitsTests?.(address)
      return address
    } catch {
      // Whatever the reason, it is of no use to us, and one of our own will be.
    }
  }
  return undefined
}

/**
 * How this service can be used as things are: `running`, `foreign`, or undefined when it has to be started.
 */
export async function findInUse({ service, state, say }) {
  const entry = state[service.name]
  if (entry && isRunning(entry)) {
    if (await answersWhileRunning({ service, entry, until: Date.now() + ANSWER_PATIENCE_MS }))
      return 'running'
    say(`${service.title} runs but does not answer; it is started again`)
    await stopService({ service, state })
  }
  const address = await findForeignAddress(service)
  if (!address) return undefined
  state[service.name] = { ...keptAfterStop(entry), address }
  writeState(state)
  return 'foreign'
}

/** True when the recorded service can be used now; of our own it is enough that it runs. */
export async function isUp({ service, entry }) {
  if (!entry?.address) return false
  return entry.pid === undefined ? await answers(service, entry.address) : isRunning(entry)
}

/**
 * The folder in which a service keeps what it writes. Another account may not be allowed to pass the
 * folders above the project; then its folder lies among the temporary files.
 */
async function provideHome({ service, entry, account }) {
  if (entry?.home && existsSync(entry.home)) return entry.home
  const home = join(servicesFolder, service.name)
  if (account.uid === undefined) return home
  chownSync(home, account.uid, account.gid)
  const isReachable = await run('test', ['-w', home], account).then(
    () => true,
    () => false,
  )
  if (isReachable) return home
  const elsewhere = mkdtempSync(join(tmpdir(), `karya-${service.name}-`))
  chownSync(elsewhere, account.uid, account.gid)
  return elsewhere
}

/** What stays known of a service that was stopped, so that it comes back with its data, where it was. */
function keptAfterStop(entry) {
  return { home: entry?.home, port: entry?.port }
}

/** Ends the process if it is ours and still there; a service that somebody else runs is only forgotten. */
export async function stopService({ service, state }) {
  const entry = state[service.name]
  if (!entry) return
  await stopProcess(entry, service.stopSignal)
  rmSync(pidFileOf(service), { force: true })
  state[service.name] = keptAfterStop(entry)
  writeState(state)
}

/** Starts a service of our own and returns once it answers. */
export async function startService({ service, state }) {
  mkdirSync(join(servicesFolder, service.name), { recursive: true })
  const account = await findAccount(service.account)
  const home = await provideHome({ service, entry: state[service.name], account })
  await service.prepare?.({ home, account })

  const until = Date.now() + START_LIMIT_MS
  const logFile = logFileOf(service)
  let port = state[service.name]?.port ?? service.firstPort
  for (let tries = 0; tries < START_TRIES; tries += 1) {
    port = await findFreePort(port)
    const [program, args] = await service.command({ home, port })
    const pid = await startProcess({ program, args, home, logFile, account })
    const entry = { address: service.address(port), home, port, pid }
    state[service.name] = entry
    writeState(state)
    writeFileSync(pidFileOf(service), `${pid}\n`)
    if (await answersWhileRunning({ service, entry, until })) return
    const isStuck = isRunning(entry)
    await stopService({ service, state })
    if (isStuck) throw new Error(`it did not answer within ${START_LIMIT_MS / 1_000} s`)
    // It ended by itself: the port was taken meanwhile, or what a killed one left needs a moment to go.
    await sleep(1_000)
  }
  throw new Error(`it ended by itself, ${START_TRIES} times`)
}
