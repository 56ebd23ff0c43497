import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'

export type Recorded = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/**
 * `hang` reads the request and never answers; `drop` breaks the connection instead of answering; `drip` answers 200 and
 * then a byte every 50 ms without end; `huge` answers 200 with so many bytes.
 */
export type Answering =
  | 'hang'
  | 'drop'
  | 'drip'
  | { readonly huge: number }
  | {
      readonly status: number
      readonly body?: string
      readonly headers?: Readonly<Record<string, string>>
    }

export type HttpSink = {
  readonly port: number
  /** With the numeric loopback address. */
  readonly url: string
  /** The same server by a name, which is only known to be a loopback address once it is resolved. */
  readonly namedUrl: string
  readonly received: readonly Recorded[]
  /** From now on; with a path for that path only. */
  readonly answer: (how: Answering, path?: string) => void
  /** Connections that are open now, and that were ever opened. */
  readonly connections: () => { readonly open: number; readonly ever: number }
  readonly stop: () => Promise<void>
}

const DRIP_MS = 50

/** An HTTP server in this process that keeps all that it is sent; it answers 204 unless told otherwise. */
export async function startHttpSink(): Promise<HttpSink> {
  const received: Recorded[] = []
  const sockets = new Set<Socket>()
  const byPath = new Map<string, Answering>()
  let answering: Answering = { status: 204 }
  let ever = 0

  const server = createServer((request, response) => {
    void take(request, response)
  })
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request
    // Clients that break off are part of the game.
    const body = await buffer(request).catch(() => null)
    if (body === null) return
    received.push({ method, path, headers, body })
    give(response, byPath.get(path) ?? answering)
  }

  server.on('connection', (socket) => {
    ever += 1
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the sink has no port')
  const { port } = address

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    namedUrl: `http://localhost:${port}`,
    received,
    answer(how, path) {
      if (path === undefined) answering = how
      else byPath.set(path, how)
    },
    connections: () => ({ open: sockets.size, ever }),
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function give(response: ServerResponse, how: Answering): void {
  if (how === 'hang') return
  if (how === 'drop') {
    response.socket?.destroy()
  } else if (how === 'drip') {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const drops = setInterval(() => response.write('.'), DRIP_MS)
    response.once('close', () => clearInterval(drops))
  } else if ('huge' in how) {
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.end(Buffer.alloc(how.huge, 'x'))
  } else {
    response.writeHead(how.status, how.headers).end(how.body)
  }
}
