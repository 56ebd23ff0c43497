import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './server-process.ts'

/** From the system, not from a package. */
const PROGRAM = 'nats-server'
/** Systems put servers where not everybody looks for programs. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`

/** Why there can be no NATS of the test's own; null when there can. */
export const natsMissing: string | null =
  spawnSync(PROGRAM, ['--version'], { env: { PATH } }).status === 0
    ? null
    : 'there is no nats-server on this machine'

export type NatsProcess = {
  readonly port: number
  readonly url: string
  /** As if the power had gone; what is on disk stays. Resolves when it has ended. */
  readonly kill: () => Promise<void>
  /** Starts it again after `kill`, on the same port, with what is on disk. */
  readonly start: () => Promise<void>
  /** Hangs it: connections stay open, nothing answers. */
  readonly pause: () => void
  readonly resume: () => void
  /** Kills it and deletes what it kept. */
  readonly remove: () => Promise<void>
}

type NatsProcessOptions = {
  /** On the command line, such as `--user` and `--pass`. */
  readonly options?: readonly string[]
  /** False: it is first started by `start`. */
  readonly isStarted?: boolean
}

/** A NATS of the test's own with JetStream on disk, to be killed and hung without disturbing anybody. */
export async function startNatsProcess({
  options = [],
  isStarted = true,
}: NatsProcessOptions = {}): Promise<NatsProcess> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'karya-nats-'))
  let child: ReturnType<typeof spawn> | null = null

  async function start(): Promise<void> {
    const settings = ['--addr', '127.0.0.1', '--port', String(port), '-js', '--store_dir', folder, ...options]
    child = spawn(PROGRAM, settings, { stdio: 'ignore', env: { PATH } })
    for (let tries = 0; tries < 250; tries += 1) {
      if ((await greeting(port)).startsWith('INFO ')) return
      await delay(20)
    }
    throw new Error('nats-server did not start')
  }

  async function kill(): Promise<void> {
    if (child === null) return
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null
    child.kill('SIGKILL')
    await ended
    child = null
  }

  if (isStarted) await start()
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    kill,
    start,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async remove() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function greeting(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    const [chunk]: unknown[] = await once(socket, 'data', { signal: AbortSignal.timeout(1_000) })
    return String(chunk)
  } catch {
    return ''
  } finally {
    socket.destroy()
  }
}
