import { OutboundFailure } from '#platform/outbound/failure'
import type { OutboundAnswer, OutboundHttp } from '#platform/outbound/outbound-http'
import { readAnswer } from './answer.ts'
import type { Breaker } from './breaker.ts'
import { InvgateFailure } from './failure.ts'
import type { Pace } from './pace.ts'
import { type Body, encodePairs } from './request-body.ts'
import type { SignIn } from './sign-in.ts'

export type LineRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the base; never begins with a slash. */
  readonly path: string
  readonly query?: readonly (readonly [string, string])[]
  readonly body?: Body
  readonly timeoutMs?: number
}

/** The line to InvGate: every request keeps the pace, the breaker, the time and the rules of repeating. */
export type Line = {
  /** What InvGate answers, decoded; null where it says that the record is not there. */
  readonly ask: (request: LineRequest) => Promise<unknown>
}

export type LineParts = {
  readonly http: OutboundHttp
  /** Without a slash at the end. */
  readonly baseUrl: string
  readonly signIn: SignIn
  readonly breaker: Breaker
  readonly pace: Pace
  readonly timeoutMs: number
  readonly monotonicMs: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  readonly random: () => number
}

const RETRIES = 2
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5_000
/** For all requests, after one was too many. */
const BUSY_MS = 1_000
const LONGEST_BUSY_MS = 30_000
const MAX_ANSWER_BYTES = 16_777_216

export function createLine(parts: LineParts): Line {
  const { breaker, pace, monotonicMs, sleep, random } = parts
  async function enter(longestMs: number): Promise<void> {
    breaker.enter()
    await pace.take(longestMs)
  }
  return {
    async ask(request) {
      const endsMs = monotonicMs() + (request.timeoutMs ?? parts.timeoutMs)
      const left = (): number => endsMs - monotonicMs()
      let isSignedInAnew = false
      let failure: InvgateFailure | null = null
      for (let tries = 0; ; tries += 1) {
        await enter(left()).catch((error: unknown) => {
          // That a repetition has to wait says less than why there is one.
          throw failure ?? error
        })
        try {
          const answer = await askOnce(request, left, parts)
          breaker.succeeded()
          return answer
        } catch (error) {
          if (!(error instanceof InvgateFailure)) throw error
          if (error.code === 'timeout' || error.code === 'unreachable') breaker.failed()
          else breaker.succeeded()
          if (error.status === 429) pace.pauseFor(Math.min(error.retryAfterMs ?? BUSY_MS, LONGEST_BUSY_MS))
          // Who was not let in has done nothing.
          if (error.status === 401 && !isSignedInAnew && parts.signIn.forget()) {
            isSignedInAnew = true
            continue
          }
          // Another token may open more, once somebody has allowed it; the next request finds out.
          if (error.status === 403) parts.signIn.forget()
          const pauseMs = pauseBefore(error, { tries, random })
          if (tries >= RETRIES || !mayRepeat(request, error) || pauseMs >= left()) throw error
          failure = error
          await sleep(pauseMs)
        }
      }
    },
  }
}

/** Reading is repeated after any failure that may pass; everything else only if it provably never left. */
function mayRepeat({ method }: LineRequest, error: InvgateFailure): boolean {
  if (method === 'GET') return error.code === 'unreachable' || error.status === 429
  return error.code === 'unreachable' && !error.mayBeDone && error.status === null
}

function pauseBefore(
  { retryAfterMs }: InvgateFailure,
  { tries, random }: { readonly tries: number; readonly random: () => number },
): number {
  const ownMs = FIRST_PAUSE_MS * 2 ** tries * (0.5 + random())
  return Math.min(Math.max(ownMs, retryAfterMs ?? 0), LONGEST_PAUSE_MS)
}

async function askOnce(request: LineRequest, left: () => number, parts: LineParts): Promise<unknown> {
  const { http, baseUrl, signIn } = parts
  const { method, path, query = [], body } = request
  const search = encodePairs(query)
  const authorization = await sendOnce({ mayBeDone: false }, signIn.header)
  const answer = await sendOnce(
    { mayBeDone: true },
    async (): Promise<OutboundAnswer> =>
      await http.request({
        method,
        url: `${baseUrl}/${path}${search === '' ? '' : `?${search}`}`,
        headers: {
          authorization,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': body.contentType }),
        },
        ...(body === undefined ? {} : { body: body.content }),
        timeoutMs: Math.max(left(), 1),
        maxAnswerBytes: MAX_ANSWER_BYTES,
      }),
  )
  return readAnswer(answer, { isReading: method === 'GET', secrets: [authorization, ...signIn.secrets] })
}

/** Turns a failure of the network into ours; `mayBeDone` is whether what was sent can do anything at all. */
async function sendOnce<Result>(
  { mayBeDone }: { readonly mayBeDone: boolean },
  send: () => Promise<Result>,
): Promise<Result> {
  try {
    return await send()
  } catch (error) {
    if (!(error instanceof OutboundFailure)) throw error
    throw new InvgateFailure({
      code: error.code === 'timeout' ? 'timeout' : 'unreachable',
      message: error.message,
      mayBeDone: mayBeDone && error.mayHaveArrived,
      cause: error,
    })
  }
}
