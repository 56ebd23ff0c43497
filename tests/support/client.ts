import { Agent, request } from 'node:http'

export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any
  readonly tookMs: number
}

type Question = {
  readonly method?: string
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Gives the question up after so long; without it, it waits as long as the server does. */
  readonly timeoutMs?: number
}

export type Client = {
  /** Rejects when the connection breaks; what arrived by then is lost, as it is for a real client. */
  readonly ask: (path: string, question?: Question) => Promise<Reply>
  readonly close: () => void
}

/** A client with connections that it keeps, as browsers and services have them. */
export function createClient(url: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  return {
    async ask(path, { method = 'GET', token, body, headers = {}, timeoutMs } = {}) {
      const startedAt = performance.now()
      const text = body === undefined ? undefined : JSON.stringify(body)
      return await new Promise((resolve, reject) => {
        const sent = request(`${url}${path}`, {
          agent,
          method,
          ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(text === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
            ...headers,
          },
        })
        // Only a connection that has carried an answer before was surely ours; a fresh one may have met a closing listener.
        sent.on('error', (error) => reject(Object.assign(error, { wasFresh: !sent.reusedSocket })))
        sent.on('response', (response) => {
          let received = ''
          response.on('data', (chunk: Buffer) => void (received += chunk.toString()))
          response.on('error', reject)
          response.on('end', () => {
            const isJson = response.headers['content-type']?.includes('json') === true && received !== ''
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: received,
              body: isJson ? JSON.parse(received) : undefined,
              tookMs: performance.now() - startedAt,
            })
          })
        })
        sent.end(text)
      })
    },
    close: () => agent.destroy(),
  }
}
