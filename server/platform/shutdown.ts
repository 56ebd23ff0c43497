import { Server as Listener } from 'node:net'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { HttpServer } from './http/types.ts'
import type { Log } from './telemetry/log.ts'

/** New connections are still served for so long after the signal: balancers take a while to hear of it. */
const DRAIN_MS = 2_500
const DRAIN_STEP_MS = 50
/** How long after the last connection was accepted its request may take to arrive. */
const SETTLE_MS = 250
const TURNS_TO_READ = 20
const SHORT_TURN_MS = 2
/** A starved process has few short turns, so it may look for one for so long. */
const LOOK_FOR_TURN_MS = 1_500
/** What is still under way then is given this long to finish. */
const CLOSE_MS = 5_000

export type Draining = { isDraining: boolean }

type DrainOptions = {
  readonly app: HttpServer
  readonly draining: Draining
  /** In production the whole drain is waited for: an idle server may still be in a balancer's list. */
  readonly production: boolean
}

/**
 * Takes a server out of service without a client noticing (F3): readiness turns false, every answer asks its client to
 * close the connection, and the listener goes only when the clients have had time to go elsewhere.
 */
export async function drain({ app, draining, production }: DrainOptions): Promise<void> {
  draining.isDraining = true
  const deadline = Date.now() + DRAIN_MS
  while (app.server.listening && Date.now() < deadline) {
    if (!production && (await countConnections(app)) === 0) break
    await delay(DRAIN_STEP_MS)
  }
  await stopListening(app)
  await delay(SETTLE_MS)
  // The time may have passed in one long turn, in which nothing was read of what has arrived.
  await shortTurns(TURNS_TO_READ)
  await within(CLOSE_MS, app.close())
}

/**
 * Closes the listener and nothing else: HTTP's own `close` also ends the connections on which no request has arrived
 * yet, and those just accepted are among them. Right after the event loop has looked for new connections and found
 * none, in a turn that had little else to do: a turn takes only some of those who wait to be accepted, and the system
 * breaks those who still wait.
 */
async function stopListening({ server }: HttpServer): Promise<void> {
  let accepted = 0
  const count = (): void => {
    accepted += 1
  }
  server.on('connection', count)
  await shortTurns(1, () => {
    const isNew = accepted > 0
    accepted = 0
    return isNew
  })
  Listener.prototype.close.call(server)
  server.off('connection', count)
}

/** Waits for so many short turns one after the other, in none of which anything happened; for a while at most. */
async function shortTurns(wanted: number, hasHappened: () => boolean = () => false): Promise<void> {
  const deadline = performance.now() + LOOK_FOR_TURN_MS
  let found = 0
  for (let since = performance.now(); since < deadline && found < wanted; since = performance.now()) {
    await nextTurn()
    found = !hasHappened() && performance.now() - since < SHORT_TURN_MS ? found + 1 : 0
  }
}

async function countConnections(app: HttpServer): Promise<number> {
  return await new Promise((resolve) => {
    app.server.getConnections((error, count) => resolve(error === null ? count : 0))
  })
}

/** Waits for something to end, but not for longer than this. */
export async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController()
  try {
    await Promise.race([work, delay(limitMs, undefined, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}

type StopOptions = {
  readonly log: Log
  readonly stop: () => Promise<void>
  /** The last word when `stop` hangs. */
  readonly limitMs: number
}

/** Stops the process on SIGTERM and SIGINT: in order the first time, at once the second. */
export function stopOnSignals({ log, stop, limitMs }: StopOptions): void {
  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1)
      isStopping = true
      log.info({ signal }, 'stopping')
      setTimeout(() => process.exit(1), limitMs).unref()
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'could not stop in order')
          process.exit(1)
        },
      )
    })
  }
}
