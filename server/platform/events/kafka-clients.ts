import { setTimeout as delay } from 'node:timers/promises'
import { type Base, findErrorBy, NetworkError } from '@platformatic/kafka'
import { sleep } from '../signal.ts'

const CONNECT_TIMEOUT_MS = 2_000
const REQUEST_TIMEOUT_MS = 4_000
const CLOSE_TIMEOUT_MS = 500
const READY_WITHIN_MS = 3_000
const LOOK_MS = 50

/** Whom to connect to, and under which name the brokers list it. */
export type KafkaPlace = { readonly brokers: readonly string[]; readonly clientId: string }

/** What all clients have in common: they try once, since whoever uses them tries again. */
export function clientOptions({ brokers, clientId }: KafkaPlace) {
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retries: false,
    autocreateTopics: false,
  }
}

/** What closing needs of a client. */
type Closable = Pick<Base, 'connections'> & { readonly close: () => Promise<void> }

/** Breaks off what is under way, which rejects then. Does not wait for a broker that hangs; never rejects. */
export async function closeClient(client: Closable): Promise<void> {
  for (const [, connection] of client.connections) connection.socket.destroy()
  await waitAtMost(
    CLOSE_TIMEOUT_MS,
    client.close().catch(() => {}),
  )
}

export async function waitAtMost(limitMs: number, work: Promise<void>): Promise<void> {
  const done = new AbortController()
  await sleep(limitMs, { stop: done.signal, until: work })
  done.abort()
}

/**
 * Tries again for some seconds what a new cluster, or one with a new topic, cannot do at once: its brokers learn one
 * after the other what there is and who leads it.
 */
export async function whenReady(work: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS
  for (;;) {
    try {
      await work()
      return
    } catch (error) {
      if (performance.now() > deadline || error instanceof NetworkError) throw error
    }
    await delay(LOOK_MS)
  }
}

/** Whether the broker's answer was this one, by its name in https://kafka.apache.org/protocol#protocol_error_codes */
export function isProtocolError(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.some((name) => findErrorBy(error, 'apiId', name) !== null)
}
