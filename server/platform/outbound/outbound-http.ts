import type { IncomingHttpHeaders } from 'node:http'
import { Client, type Dispatcher } from 'undici'
import type { Log } from '../telemetry/log.ts'
import { OutboundFailure } from './failure.ts'
import { createGuardedConnect, type Resolve, systemResolve } from './guarded-connect.ts'
import { parseOutboundUrl } from './url.ts'

export type OutboundRequest = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** For all of it, from the resolving of the name to the last byte of the answer. */
  readonly timeoutMs: number
  /** What comes beyond is not read. */
  readonly maxAnswerBytes: number
}

export type OutboundAnswer = {
  /** A redirect is an answer like any other, and not followed. */
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** False for a body that was cut, at the limit, by the end of the time or by a broken connection. */
  readonly isWhole: boolean
}

export type OutboundHttp = {
  /** Throws an OutboundFailure where there is no answer. */
  readonly request: (request: OutboundRequest) => Promise<OutboundAnswer>
}

type OutboundParts = {
  /** Private, shared, unique-local and loopback addresses may be asked as well. */
  readonly allowPrivate: boolean
  readonly log: Log
  readonly resolve?: Resolve
}

/**
 * Asks servers whose address somebody else has named. Addresses are looked at when connecting (see
 * `createGuardedConnect`), no proxy of the environment is used, and nothing that the other side does takes longer or
 * more memory than the request allows. Each request has a connection of its own: the other side may close one that
 * waits in the moment of its use, and then nobody knew whether the request has arrived.
 */
export function createOutboundHttp({
  allowPrivate,
  log,
  resolve = systemResolve,
}: OutboundParts): OutboundHttp {
  return {
    async request({ method, url: text, headers = {}, body, timeoutMs, maxAnswerBytes }) {
      const url = parseOutboundUrl(text)
      if (url === null)
        throw new OutboundFailure('invalid_url', 'not an http or https address without a user')
      const connect = createGuardedConnect({ allowPrivate, resolve, timeoutMs })
      let isConnected = false
      const client = new Client(url.origin, {
        pipelining: 0,
        connect(options, callback) {
          connect(options, (...[error, socket]) => {
            if (error === null) {
              isConnected = true
              callback(null, socket)
            } else {
              callback(error, null)
            }
          })
        },
      })
      let isTimedOut = false
      // A signal handed to the request would not end one that is still connecting.
      const timer = setTimeout(() => {
        isTimedOut = true
        void client.destroy()
      }, timeoutMs)
      try {
        const answer = await client.request({
          method,
          path: `${url.pathname}${url.search}`,
          headers,
          body: body ?? null,
        })
        return {
          status: answer.statusCode,
          headers: answer.headers,
          ...(await readBody(answer.body, maxAnswerBytes)),
        }
      } catch (error) {
        const failure = toFailure(error, { isTimedOut, mayHaveArrived: isConnected })
        if (failure.code === 'refused_address') {
          log.warn({ host: url.host }, 'a request to an address outside the public internet was refused')
        }
        throw failure
      } finally {
        clearTimeout(timer)
        // Takes the socket with it, in whatever state it is.
        await client.destroy()
      }
    },
  }
}

async function readBody(
  body: Dispatcher.ResponseData['body'],
  maxBytes: number,
): Promise<Pick<OutboundAnswer, 'body' | 'isWhole'>> {
  const chunks: Buffer[] = []
  let size = 0
  let isWhole = true
  try {
    for await (const chunk of body) {
      const bytes = Buffer.from(chunk)
      chunks.push(bytes)
      size += bytes.length
      if (size > maxBytes) {
        isWhole = false
        break
      }
    }
  } catch {
    // The status is there; how much of the body is, the caller is told.
    isWhole = false
  }
  return { body: Buffer.concat(chunks).subarray(0, maxBytes), isWhole }
}

function toFailure(
  error: unknown,
  { isTimedOut, mayHaveArrived }: { readonly isTimedOut: boolean; readonly mayHaveArrived: boolean },
): OutboundFailure {
  if (error instanceof OutboundFailure) return error
  if (isTimedOut || codeOf(error) === 'UND_ERR_CONNECT_TIMEOUT') {
    return new OutboundFailure('timeout', 'no answer in time', { mayHaveArrived, cause: error })
  }
  const reason = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown')
  const what = mayHaveArrived ? 'the connection broke before the answer' : 'no connection'
  return new OutboundFailure('unreachable', `${what} (${reason})`, { mayHaveArrived, cause: error })
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : undefined
}
