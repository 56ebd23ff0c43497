import type { AddressInfo, Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'

export type Received = {
  readonly from: string
  readonly to: readonly string[]
  readonly message: Message
}

/** A message taken apart (RFC 5322, RFC 2045), as far as our own mails need it. */
export type Message = {
  readonly raw: string
  /** By lower-case name, unfolded, encoded words decoded. */
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
  readonly html: string
}

/**
 * `slow` thinks for 300 ms; `drop` takes the whole message and breaks the connection instead of saying so; `hang` says nothing from the
 * recipient on; a refusal gives the code after the recipient or after the data.
 */
export type Behaviour =
  | 'accept'
  | 'slow'
  | 'drop'
  | 'hang'
  | { readonly refuse: number; readonly at: 'sender' | 'recipient' | 'data' }

export type MailSink = {
  readonly url: string
  readonly received: readonly Received[]
  readonly behave: (behaviour: Behaviour) => void
  /** How many connections were opened. */
  readonly connections: () => number
  /** Closes the port; `comeBack` opens the same one. */
  readonly goAway: () => Promise<void>
  readonly comeBack: () => Promise<void>
  readonly stop: () => Promise<void>
}

type Options = {
  /** Offers STARTTLS, with a certificate that nobody has signed. */
  readonly startTls?: boolean
}

const SLOW_MS = 300

/** An SMTP server in this process that keeps all that it is sent. */
export async function startMailSink({ startTls = false }: Options = {}): Promise<MailSink> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  let behaviour: Behaviour = 'accept'
  let connections = 0
  let port = 0
  let server = await open()

  async function open(): Promise<SMTPServer> {
    const made = new SMTPServer({
      disabledCommands: startTls ? ['AUTH'] : ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      closeTimeout: 100,
      onMailFrom: (_address, _session, answer) => answer(refusalAt('sender')),
      onRcptTo(_address, _session, answer) {
        if (behaviour !== 'hang') answer(refusalAt('recipient'))
      },
      onData: (stream, session, answer) => void take(stream, session).then(answer, answer),
    })
    made.server.on('connection', (socket: Socket) => {
      connections += 1
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    // Clients that break off are part of the game.
    made.on('error', () => {})
    await new Promise<void>((resolve) => made.listen(port, '127.0.0.1', resolve))
    const address: AddressInfo | string | null = made.server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the sink has no port')
    port = address.port
    return made
  }

  async function take(stream: Readable, session: SMTPServerSession): Promise<Error | null> {
    const raw = await text(stream)
    if (behaviour === 'slow') await delay(SLOW_MS)
    const refusal = refusalAt('data')
    if (refusal === null) received.push(toReceived(raw, session))
    if (behaviour === 'drop') closeSockets()
    return refusal
  }

  function refusalAt(step: 'sender' | 'recipient' | 'data'): Error | null {
    if (typeof behaviour === 'string' || behaviour.at !== step) return null
    return Object.assign(new Error('not today'), { responseCode: behaviour.refuse })
  }

  function closeSockets(): void {
    for (const socket of sockets) socket.destroy()
  }

  async function close(): Promise<void> {
    closeSockets()
    await new Promise<void>((resolve) => server.close(resolve))
  }

  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    behave(next) {
      behaviour = next
    },
    connections: () => connections,
    goAway: close,
    async comeBack() {
      server = await open()
    },
    stop: close,
  }
}

function toReceived(raw: string, { envelope }: SMTPServerSession): Received {
  return {
    from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    to: envelope.rcptTo.map(({ address }) => address),
    message: parseMessage(raw),
  }
}

export function parseMessage(raw: string): Message {
  const { headers, body } = split(raw)
  const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')?.[1]
  const parts = boundary === undefined ? [] : body.split(`--${boundary}`).slice(1, -1).map(split)
  const bodyOf = (type: string): string => {
    const part = parts.find((each) => (each.headers.get('content-type') ?? '').startsWith(type))
    return part === undefined ? '' : decode(part.body, part.headers.get('content-transfer-encoding'))
  }
  return { raw, headers, text: bodyOf('text/plain'), html: bodyOf('text/html') }
}

function split(part: string): { headers: Map<string, string>; body: string } {
  const [head = '', ...rest] = part.replace(/^\r?\n/, '').split('\r\n\r\n')
  const headers = new Map<string, string>()
  for (const line of head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    if (headers.has(name)) throw new Error(`the header ${name} is there twice`)
    headers.set(name, decodeWords(line.slice(colon + 1).trim()))
  }
  return { headers, body: rest.join('\r\n\r\n') }
}

function decode(body: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  if (encoding !== 'quoted-printable') return body
  return unquote(body.replace(/=\r\n/g, ''))
}

/** RFC 2047. */
function decodeWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_word, form: string, encoded: string) =>
      form.toLowerCase() === 'b'
        ? Buffer.from(encoded, 'base64').toString()
        : unquote(encoded.replaceAll('_', ' ')),
    )
}

function unquote(encoded: string): string {
  const bytes = encoded.replace(/=([\dA-F]{2})/g, (_quoted, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString()
}
