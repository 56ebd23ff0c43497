/** Ports of this machine: who answers on one, and which is free. */
import { createConnection, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** All programs run under this one address, so that nothing outside this machine reaches them. */
export const LOOPBACK = '127.0.0.1'

/** Outside the range from which Linux takes the ports of outgoing connections. */
const LOCK_PORT = 27_119
const LOCK_PATIENCE_MS = 15 * 60_000

/**
 * Sends `question` and returns what came back as soon as `isWhole` accepts it.
 * Returns undefined when nobody listens, or the answer is not whole in time.
 */
export function ask({ host, port, question, isWhole, timeoutMs = 2_000 }) {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port })
    const timer = setTimeout(() => finish(undefined), timeoutMs)
    let answer = Buffer.alloc(0)
    function finish(result) {
      clearTimeout(timer)
      socket.destroy()
      resolve(result)
    }
    socket.on('error', () => finish(undefined))
    socket.on('close', () => finish(undefined))
    socket.on('connect', () => {
      socket.write(question)
      if (isWhole(answer)) finish(answer)
    })
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
      if (isWhole(answer)) finish(answer)
    })
  })
}

/** True when somebody accepts a connection at `host:port`. */
export async function isListening({ host, port }) {
  return (await ask({ host, port, question: '', isWhole: () => true })) !== undefined
}

/** Listens on a port; undefined when somebody else does. */
function hold(port) {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen({ host: LOOPBACK, port }, () => resolve(server))
  })
}

function release(server) {
  return new Promise((resolve) => server.close(resolve))
}

export async function findFreePort(first) {
  for (let port = first; port < first + 100; port += 1) {
    const server = await hold(port)
    if (server) {
      await release(server)
      return port
    }
  }
  throw new Error(`there is no free port from ${first} to ${first + 99}`)
}

/**
 * Runs `work` while no other clone of the project on this machine does the same, so that two of them
 * neither choose the same port nor install packages at once. The lock is a port: the system releases it
 * however we end.
 */
export async function onceAtATime(work, say) {
  const until = Date.now() + LOCK_PATIENCE_MS
  let lock = await hold(LOCK_PORT)
  if (!lock) say('waiting for another services.mjs on this machine to finish')
  while (!lock) {
    if (Date.now() > until) throw new Error(`port ${LOCK_PORT}, which serves as the lock, stays taken`)
    await sleep(250)
    lock = await hold(LOCK_PORT)
  }
  try {
    return await work()
  } finally {
    await release(lock)
  }
}
