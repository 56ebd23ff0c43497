import { createServer, type RequestListener } from 'node:http'
import type { Socket } from 'node:net'

/** A server that can go away and come back at the same port. */
export type Listening = {
  readonly port: number
  readonly goDown: () => Promise<void>
  readonly comeBack: () => Promise<void>
}

export async function listen({
  host,
  port,
  take,
}: {
  readonly host: string
  readonly port: number
  readonly take: RequestListener
}): Promise<Listening> {
  const sockets = new Set<Socket>()
  const server = createServer(take)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  async function open(atPort: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(atPort, host, () => {
        server.off('error', reject)
        resolve()
      })
    })
    const address = server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the simulator has no port')
    return address.port
  }
  const takenPort = await open(port)
  return {
    port: takenPort,
    async goDown() {
      if (!server.listening) return
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      for (const socket of sockets) socket.destroy()
      await closed
    },
    async comeBack() {
      if (!server.listening) await open(takenPort)
    },
  }
}
