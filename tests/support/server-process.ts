import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export type ServerProcess = {
  readonly url: string
  readonly pid: number
  /** Standard output and error so far. */
  readonly output: () => string
  readonly kill: (signal: NodeJS.Signals) => void
  /** Resolves with the exit code (or the signal's name) when the process is gone. */
  readonly ended: Promise<number | string>
}

const START_LIMIT_MS = 60_000

/** A real server in a process of its own, ready to be asked, stopped and killed. */
export async function startServerProcess(
  environment: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const port = environment['PORT'] ?? String(await freePort())
  const child = spawn(process.execPath, ['server/main.ts', 'serve'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_ENV: 'test',
      RATE_LIMIT: 'off',
      RATE_LIMIT_AUTH: 'off',
      ...environment,
      PORT: port,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void (output += chunk.toString()))
  const ended = whenEnded(child)
  const url = `http://127.0.0.1:${port}`
  const ready = await Promise.race([waitUntilReady(url), ended])
  if (ready !== true) {
    child.kill('SIGKILL')
    const how = ready === false ? 'in time' : `and ended with ${ready}`
    throw new Error(`the server did not start ${how}:\n${output}`)
  }
  return { url, pid: child.pid ?? 0, output: () => output, kill: (signal) => void child.kill(signal), ended }
}

async function whenEnded(child: ChildProcess): Promise<number | string> {
  const [code, signal]: [number | null, string | null] = await once(child, 'exit').then(([a, b]) => [a, b])
  return code ?? signal ?? 'unknown'
}

async function waitUntilReady(url: string): Promise<boolean> {
  const deadline = Date.now() + START_LIMIT_MS
  while (Date.now() < deadline) {
    // A connection that stayed open would be waited for at the stop.
    const isReady = await fetch(`${url}/health/ready`, { headers: { connection: 'close' } }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return true
    await delay(50)
  }
  return false
}

/** A port that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
