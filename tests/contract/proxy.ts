import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Backend } from '#tests/backends'

export type Proxy = {
  /** Closes every connection and answers no new one. */
  readonly cut: () => void
  readonly mend: () => Promise<void>
}

/** The backend behind a door that a test can shut: the database then is gone, and nobody's but this test's. */
export function behindProxy(backend: Backend): { backend: Backend; proxy: Proxy } {
  const sockets = new Set<Socket>()
  let target = { host: '', port: 0 }
  let port = 0
  const server = createServer((client) => {
    const upstream = connect(target)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.pipe(client)
  })

  async function listen(): Promise<void> {
    await once(server.listen(port, '127.0.0.1'), 'listening')
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  }
  function cut(): void {
    server.close()
    for (const socket of sockets) socket.destroy()
  }

  return {
    proxy: { cut, mend: listen },
    backend: {
      ...backend,
      async create() {
        const place = await backend.create()
        const url = new URL(place.environment['DATABASE_URL'] ?? '')
        target = { host: url.hostname, port: Number(url.port) }
        await listen()
        url.host = `127.0.0.1:${port}`
        return {
          environment: { ...place.environment, DATABASE_URL: url.href },
          async remove() {
            cut()
            await place.remove()
          },
        }
      },
    },
  }
}
