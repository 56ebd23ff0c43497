import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { sleep } from '../signal.ts'
import type { Log } from '../telemetry/log.ts'
import { awaitGreeting, type NatsAddress, parseNatsAddress } from './nats-address.ts'
import { ensureStream, type NatsStream, nameStore } from './nats-stream.ts'

const CONNECT_TIMEOUT_MS = 3_000
const REQUEST_TIMEOUT_MS = 3_000
/** How often the stream is asked after: it shows a server that hangs and a stream that was replaced. */
const LOOK_MS = 5_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000
const CLOSE_TIMEOUT_MS = 500

/** One connection and one incarnation of the stream. When either is gone the session is over, for good. */
export type NatsSession = {
  readonly connection: NatsConnection
  readonly client: JetStreamClient
  readonly manager: JetStreamManager
  readonly stream: NatsStream
  readonly store: string
  /** Aborts with the session; its reason says why. */
  readonly over: AbortSignal
  readonly end: (reason: unknown) => void
}

export type NatsLink = {
  readonly state: () => 'up' | 'down'
  /** Resolves with the session, or with the one that is being opened at the moment; rejects when NATS is away. */
  readonly session: () => Promise<NatsSession>
  readonly close: () => Promise<void>
}

type LinkParts = {
  readonly servers: readonly string[]
  /** What this process is called where the connections of the server are listed. */
  readonly clientName: string
  readonly stream: NatsStream
  readonly log: Log
}

/**
 * Keeps a session for as long as it lives, and opens the next one when it ends. The client is told never to reconnect:
 * it would go on with what was written before, and a second kind of trying again beside ours.
 */
export function createNatsLink({ servers, clientName, stream, log }: LinkParts): NatsLink {
  const addresses = servers.map(parseNatsAddress)
  const closing = new AbortController()
  let current: NatsSession | null = null
  let opening: Promise<NatsSession> | null = null
  let lastFailure: unknown = new Error('NATS has not been reached yet')

  async function keepSession(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS
    let isTold = false
    while (!closing.signal.aborted) {
      const startedAt = performance.now()
      try {
        opening = openSession({ addresses, clientName, stream, closing: closing.signal })
        current = await opening
        if (isTold) log.info({ store: current.store }, 'NATS is back')
        isTold = false
        lastFailure = await watch(current, closing.signal)
      } catch (error) {
        lastFailure = error
      }
      current = null
      opening = null
      if (closing.signal.aborted) return
      if (!isTold) log.warn({ err: lastFailure }, 'NATS is out of reach; events wait for it')
      isTold = true
      if (performance.now() - startedAt > LOOK_MS) pauseMs = FIRST_PAUSE_MS
      await sleep(pauseMs * (0.5 + Math.random() / 2), { stop: closing.signal })
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }
  const keeping = keepSession()

  return {
    state: () => (current === null || current.over.aborted ? 'down' : 'up'),
    async session() {
      if (opening === null || closing.signal.aborted || current?.over.aborted === true)
        throw new Error('NATS is out of reach', { cause: lastFailure })
      return await opening
    },
    async close() {
      closing.abort(new Error('the connection to NATS was closed'))
      current?.end(closing.signal.reason)
      await waitAtMost(CLOSE_TIMEOUT_MS, keeping)
    },
  }
}

type Opening = {
  readonly addresses: readonly NatsAddress[]
  readonly clientName: string
  readonly stream: NatsStream
  readonly closing: AbortSignal
}

/** Tries each server once, in an order of chance, and answers the first session that comes about. */
async function openSession({ addresses, closing, ...parts }: Opening): Promise<NatsSession> {
  let failure: unknown = new Error('no NATS server is named')
  for (const { address } of addresses
    .map((each) => ({ address: each, order: Math.random() }))
    .sort((one, other) => one.order - other.order)) {
    try {
      await awaitGreeting(address, closing)
      return await openSessionAt(address, { ...parts, closing })
    } catch (error) {
      failure = error
      if (closing.aborted) break
    }
  }
  throw failure
}

async function openSessionAt(
  address: NatsAddress,
  { clientName, stream, closing }: Omit<Opening, 'addresses'>,
): Promise<NatsSession> {
  const connection = await connect({
    ...address.options,
    name: clientName,
    reconnect: false,
    timeout: CONNECT_TIMEOUT_MS,
    noAsyncTraces: true,
  })
  try {
    closing.throwIfAborted()
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: REQUEST_TIMEOUT_MS })
    const store = nameStore(await ensureStream(manager, stream))
    closing.throwIfAborted()
    const over = new AbortController()
    return {
      connection,
      client: jetstream(connection, { timeout: REQUEST_TIMEOUT_MS }),
      manager,
      stream,
      store,
      over: over.signal,
      end: (reason) => over.abort(reason),
    }
  } catch (error) {
    await closeConnection(connection)
    throw error
  }
}

/** Resolves with the reason when the session is over and its connection closed; never rejects. */
async function watch(session: NatsSession, closing: AbortSignal): Promise<unknown> {
  const { connection, manager, stream, store, over, end } = session
  void connection
    .closed()
    .then((error) => end(error ?? new Error('the NATS server has closed the connection')))
  if (closing.aborted) end(closing.reason)
  while (!over.aborted) {
    await sleep(LOOK_MS, { stop: over })
    if (over.aborted) break
    try {
      const found = nameStore(await manager.streams.info(stream.name))
      if (found !== store) end(new Error(`the stream ${stream.name} was replaced by another one`))
    } catch (error) {
      end(error)
    }
  }
  await closeConnection(connection)
  return over.reason
}

/** Rejects what is under way on it at once. Does not wait for a server that hangs. */
async function closeConnection(connection: NatsConnection): Promise<void> {
  await waitAtMost(
    CLOSE_TIMEOUT_MS,
    connection.close().catch(() => {}),
  )
}

async function waitAtMost(limitMs: number, work: Promise<void>): Promise<void> {
  const done = new AbortController()
  await sleep(limitMs, { stop: done.signal, until: work })
  done.abort()
}
