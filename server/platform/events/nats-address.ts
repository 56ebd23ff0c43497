import { once } from 'node:events'
import { connect } from 'node:net'
import type { NodeConnectionOptions } from '@nats-io/transport-node'

const GREETING_MS = 2_000

/** One NATS server, with the credentials of its own URL. */
export type NatsAddress = {
  readonly host: string
  readonly port: number
  readonly options: NodeConnectionOptions
}

/** Understands `nats://` and `tls://`, with nothing, a token, or a user and a password before the `@`. */
export function parseNatsAddress(text: string): NatsAddress {
  const url = new URL(text)
  const port = Number(url.port === '' ? 4_222 : url.port)
  const user = decodeURIComponent(url.username)
  const pass = decodeURIComponent(url.password)
  const credentials = user === '' ? {} : pass === '' ? { token: user } : { user, pass }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    options: {
      servers: [`${url.hostname}:${port}`],
      ...credentials,
      ...(url.protocol === 'tls:' ? { tls: {} } : {}),
    },
  }
}

/**
 * Resolves when a NATS server has introduced itself there, and rejects after two seconds without. The client leaves a
 * socket open for ever when it connects to a server that is stopped; this lets go of its own, so it goes first.
 */
export async function awaitGreeting({ host, port }: NatsAddress, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port })
  socket.on('error', () => {})
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(GREETING_MS)])
    const [greeting]: unknown[] = await once(socket, 'data', { signal: limit })
    if (!String(greeting).startsWith('INFO ')) throw new Error('what answers there is no NATS server')
  } finally {
    socket.destroy()
  }
}
