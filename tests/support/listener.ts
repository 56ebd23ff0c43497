import { Agent, type IncomingMessage, request } from 'node:http'
import { eventually } from './event-place.ts'

export type Message = { readonly id: number; readonly type: string; readonly subject: string }

export type Listener = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly messages: () => readonly Message[]
  /** Everything that was received, as text; empty while paused. */
  readonly text: () => string
  /** The last id that was told, by an event or without one. */
  readonly lastId: () => string
  readonly receivedBytes: () => number
  /** Resolves when so many messages have come; rejects when the stream ends before, or it takes too long. */
  readonly receive: (count: number) => Promise<readonly Message[]>
  readonly pause: () => void
  readonly resume: () => void
  /** Resolves when the server has ended the answer; false when the connection broke. */
  readonly ended: Promise<boolean>
  readonly leave: () => void
}

type Listening = {
  readonly token: string
  readonly lastEventId?: string
  readonly agent?: Agent
  readonly headers?: Readonly<Record<string, string>>
}

/** A client of server-sent events, as simple as the protocol allows. */
export async function listen(
  url: string,
  { token, lastEventId, headers, agent }: Listening,
): Promise<Listener> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, {
      agent: agent ?? new Agent(),
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'text/event-stream',
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        ...headers,
      },
    })
    sent.on('response', resolve)
    sent.on('error', reject)
    sent.end()
  })
  let text = ''
  let rest = ''
  let bytes = 0
  let lastId = ''
  let hasEnded = false
  const messages: Message[] = []
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    bytes += chunk.length
    text = (text + chunk).slice(-100_000)
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) read(block)
  })
  function read(block: string): void {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      const colon = line.indexOf(': ')
      if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2))
    }
    lastId = fields.get('id') ?? lastId
    const data = fields.get('data')
    if (data === undefined) return
    const { subject, type, position } = JSON.parse(data)
    if (String(position) !== lastId || type !== fields.get('event'))
      throw new Error(`not one event: ${block}`)
    messages.push({ id: position, type, subject })
  }
  const ended = new Promise<boolean>((resolve) => {
    response.on('close', () => {
      hasEnded = true
      resolve(response.complete)
    })
  })
  response.on('error', () => {})
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    messages: () => messages,
    text: () => text,
    lastId: () => lastId,
    receivedBytes: () => bytes,
    receive: async (count) =>
      await eventually(
        async () => messages.slice(),
        (seen) => {
          if (seen.length < count && hasEnded) throw new Error(`the stream ended after ${seen.length}`)
          return seen.length >= count
        },
        30_000,
      ),
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    ended,
    leave: () => void response.destroy(),
  }
}
