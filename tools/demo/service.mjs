/** One server of Karya as a process of its own, as somebody else would start it and ask it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url))
const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 12_000
const ANSWER_LIMIT_MS = 15_000

/**
 * Starts a service on a free port, with an empty database in `folder`, and answers once it is ready. Nothing of the
 * caller's environment reaches it, and it runs in its folder, so no `.env` does either.
 */
export async function startService({ name, modules, folder, environment }) {
  mkdirSync(folder, { recursive: true })
  const { PATH = '', NODE_COMPILE_CACHE = join(folder, 'compile-cache') } = process.env
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    cwd: folder,
    env: {
      PATH,
      NODE_COMPILE_CACHE,
      KARYA_MODULES: modules.join(','),
      DATA_DIR: join(folder, 'data'),
      PORT: '0',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = once(child, 'exit')

  async function stop() {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const stopped = await Promise.race([ended, sleep(STOP_LIMIT_MS, undefined, { ref: false })])
    if (stopped === undefined) child.kill('SIGKILL')
    await ended
  }

  const url = await findAddress({ child, output: () => output })
  if (url === undefined) {
    await stop()
    throw new Error(`the service ${name} did not start:\n${output}`)
  }
  return { name, url, stop, output: () => output, ask: async (...question) => await ask(url, ...question) }
}

/** The address that it names when it serves; undefined when it ends or the time is up before. */
async function findAddress({ child, output }) {
  const until = Date.now() + START_LIMIT_MS
  while (child.exitCode === null && child.signalCode === null && Date.now() < until) {
    const address = /Karya serves (?<url>http:\/\/\S+)/.exec(output())?.groups.url
    if (address !== undefined) return address
    await sleep(25)
  }
  return undefined
}

/** Asks with a method and a path such as `POST /api/v1/tasks`; answers the status and the body, parsed where it is JSON. */
async function ask(url, question, { token, body, form } = {}) {
  const [method, path] = question.split(' ')
  const answer = await fetch(`${url}${path}`, {
    method,
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    headers: {
      connection: 'close',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(form === undefined ? {} : { body: form }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.includes('json') === true && text !== ''
  return { status: answer.status, text, body: isJson ? JSON.parse(text) : undefined }
}
