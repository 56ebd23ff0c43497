/** Servers as processes of their own, which outlive the command that started them. */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

const STOP_PATIENCE_MS = 10_000

/**
 * True while the recorded process lives and is still what was started. A number is given to a new process
 * once the old one is gone, so the command line must name the service's own folder.
 */
export function isRunning({ pid, home }) {
  if (pid === undefined) return false
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(home)
  } catch {
    return false
  }
}

/** Starts a server in the background with its output in `logFile`, and returns its process id. */
export async function startProcess({ program, args, home, logFile, account }) {
  const log = openSync(logFile, 'w')
  try {
    const stdio = ['ignore', log, log]
    const child = spawn(program, args, { cwd: home, detached: true, stdio, ...account })
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    child.unref()
    return child.pid
  } finally {
    closeSync(log)
  }
}

async function isGoneWithin(recorded, patienceMs) {
  const until = Date.now() + patienceMs
  while (isRunning(recorded) && Date.now() < until) await sleep(50)
  return !isRunning(recorded)
}

/** Asks the process to end, and ends it when it has not done so in 10 seconds. */
export async function stopProcess(recorded, signal = 'SIGTERM') {
  if (!isRunning(recorded)) return
  process.kill(recorded.pid, signal)
  // A test may have left it frozen by SIGSTOP, and a frozen process takes no notice of being asked to end.
  process.kill(recorded.pid, 'SIGCONT')
  if (await isGoneWithin(recorded, STOP_PATIENCE_MS)) return
  process.kill(recorded.pid, 'SIGKILL')
  if (!(await isGoneWithin(recorded, STOP_PATIENCE_MS)))
    throw new Error(`process ${recorded.pid} does not end`)
}

export function readLastLines(file, count = 20) {
  if (!existsSync(file)) return ''
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
}
