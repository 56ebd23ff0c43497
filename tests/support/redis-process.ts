import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './server-process.ts'

/** From the system, not from a package. */
const PROGRAM = 'redis-server'

/** Why there can be no Redis of the test's own; null when there can. */
export const redisMissing: string | null =
  spawnSync(PROGRAM, ['--version']).status === 0 ? null : 'there is no redis-server on this machine'

export type RedisProcess = {
  readonly url: string
  readonly kill: (signal: NodeJS.Signals) => void
  /** Starts it again on the same port, with nothing in it. */
  readonly restart: () => Promise<void>
  /** Sends one command and waits for its answer. */
  readonly command: (line: string) => Promise<string>
  readonly remove: () => Promise<void>
}

/** A Redis of the test's own, to be stopped, hung and flushed without disturbing anybody. */
export async function startRedisProcess(): Promise<RedisProcess> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'karya-redis-'))
  let child = start()

  function start() {
    const settings = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'no',
    ]
    return spawn(PROGRAM, settings, { stdio: 'ignore' })
  }

  async function command(line: string): Promise<string> {
    const socket = connect(port, '127.0.0.1')
    socket.write(`${line}\r\n`)
    const [chunk]: Buffer[] = await once(socket, 'data')
    socket.destroy()
    return String(chunk)
  }

  async function whenReady(): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      const answer = await command('PING').catch(() => '')
      if (answer.startsWith('+PONG')) return
      await delay(20)
    }
    throw new Error('redis-server did not start')
  }

  await whenReady()
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: (signal) => void child.kill(signal),
    async restart() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      child = start()
      await whenReady()
    },
    command,
    async remove() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
