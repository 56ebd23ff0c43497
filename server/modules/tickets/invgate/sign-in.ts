import type { OutboundHttp } from '#platform/outbound/outbound-http'
import { parseJson, toFields, toInteger, toText } from './decode.ts'
import { InvgateFailure } from './failure.ts'

/** How a request says who sends it. */
export type SignIn = {
  /** The value of the header Authorization. */
  readonly header: () => Promise<string>
  /** The last header was not accepted; true where another one may be. */
  readonly forget: () => boolean
  /** What no message may repeat. */
  readonly secrets: readonly string[]
}

export function createBasicSignIn(user: { readonly username: string; readonly password: string }): SignIn {
  const header = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`
  return { header: async () => header, forget: () => false, secrets: [user.password] }
}

type OauthParts = {
  readonly http: OutboundHttp
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** Without any the token would open nothing. */
  readonly scopes: readonly string[]
  readonly timeoutMs: number
  readonly monotonicMs: () => number
}

/** A token is used until shortly before its end, and is asked for once however many need it. */
const SPARE_MS = 60_000
const MAX_ANSWER_BYTES = 65_536

export function createOauthSignIn(parts: OauthParts): SignIn {
  let held: Promise<Token> | null = null
  async function take(): Promise<Token> {
    const asked = held ?? askForToken(parts)
    held = asked
    try {
      const token = await asked
      if (parts.monotonicMs() < token.endsMs) return token
    } catch (error) {
      if (held === asked) held = null
      throw error
    }
    if (held === asked) held = null
    return await take()
  }
  return {
    header: async () => `Bearer ${(await take()).text}`,
    forget() {
      held = null
      return true
    },
    secrets: [parts.clientSecret],
  }
}

type Token = { readonly text: string; readonly endsMs: number }

async function askForToken({
  http,
  tokenUrl,
  clientId,
  clientSecret,
  scopes,
  timeoutMs,
  monotonicMs,
}: OauthParts): Promise<Token> {
  const { status, body } = await http.request({
    method: 'POST',
    url: tokenUrl,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: scopes.join(' '),
    }).toString(),
    timeoutMs,
    maxAnswerBytes: MAX_ANSWER_BYTES,
  })
  const fields = toFields(parseJson(body.toString()))
  const text = toText(fields.get('access_token'))
  if (status < 200 || status > 299 || text === '') {
    throw new InvgateFailure({
      code: status >= 500 ? 'unreachable' : 'refused',
      message: `InvGate gave no token (${status})`,
      mayBeDone: false,
      status,
    })
  }
  // Seen at instances that did not take the scopes: every request would be refused, and for no reason that is told.
  if (['scope', 'scopes'].some((name) => isEmpty(fields.get(name)))) {
    throw new InvgateFailure({
      code: 'unreadable',
      message: 'InvGate gave a token without scopes, which opens nothing',
      mayBeDone: false,
    })
  }
  const lifeMs = (toInteger(fields.get('expires_in')) ?? 0) * 1_000
  // One that lives shorter than the spare time is used for half its life.
  return { text, endsMs: monotonicMs() + Math.max(lifeMs - SPARE_MS, lifeMs / 2, 1_000) }
}

function isEmpty(scopes: unknown): boolean {
  return scopes === '' || (Array.isArray(scopes) && scopes.length === 0)
}
