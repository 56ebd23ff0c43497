import { randomBytes, timingSafeEqual } from 'node:crypto'
import { type Answer, jsonAnswer } from './answers.ts'
import { guesses } from './guesses.ts'
import type { Parameters } from './parameters.ts'
import type { Settings } from './settings.ts'

/** Whom a request comes from: null nobody known, else the scopes it is bound to; Basic is bound to none. */
export type Admitted = { readonly scopes: ReadonlySet<string> | null }

export type Access = {
  readonly admit: (authorization: string | undefined) => Admitted | null
  /** Answers the request for a token. */
  readonly issue: (parameters: Parameters) => Answer
  /** From now on no token that was issued is known. */
  readonly revoke: () => void
}

export function createAccess(settings: Settings): Access {
  const tokens = new Map<string, { readonly scopes: ReadonlySet<string>; readonly endsAt: number }>()
  const isUser = (username: string, password: string): boolean =>
    isSame(username, settings.username) && isSame(password, settings.password)

  return {
    admit(authorization = '') {
      const [kind = '', credential = ''] = authorization.split(' ')
      if (kind.toLowerCase() === 'basic') {
        const [username = '', ...rest] = Buffer.from(credential, 'base64').toString().split(':')
        return isUser(username, rest.join(':')) ? { scopes: null } : null
      }
      const token = tokens.get(credential)
      const isGood = settings.hasOauth && token !== undefined && token.endsAt > settings.now().getTime()
      return kind.toLowerCase() === 'bearer' && isGood ? { scopes: token.scopes } : null
    },
    issue(parameters) {
      const text = (name: string): string => String(parameters.get(name) ?? '')
      if (text('grant_type') !== 'client_credentials' || !isUser(text('client_id'), text('client_secret'))) {
        return jsonAnswer(
          { error: guesses.invalidClient, error_description: 'Client authentication failed' },
          { status: 401 },
        )
      }
      const token = randomBytes(24).toString('hex')
      tokens.set(token, {
        scopes: new Set(settings.scopes === 'granted' ? text('scope').split(' ') : []),
        endsAt: settings.now().getTime() + settings.tokenTtlSeconds * 1_000,
      })
      return jsonAnswer({
        access_token: token,
        token_type: 'Bearer',
        expires_in: settings.tokenTtlSeconds,
        ...(settings.scopes === 'lost' ? { scopes: [] } : {}),
      })
    },
    revoke: () => tokens.clear(),
  }
}

/** The user that a header names, for the journal; never the secret. */
export function userOf(authorization: string | undefined): string | null {
  if (authorization === undefined) return null
  const [kind = '', credential = ''] = authorization.split(' ')
  if (kind.toLowerCase() !== 'basic') return kind.toLowerCase()
  return Buffer.from(credential, 'base64').toString().split(':')[0] ?? null
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
