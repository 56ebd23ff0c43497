import { setTimeout as sleep } from 'node:timers/promises'
import type { OutboundHttp } from '#platform/outbound/outbound-http'
import { createBreaker } from './breaker.ts'
import type { InvgateDesk } from './contract.ts'
import { createLine } from './line.ts'
import { createPace } from './pace.ts'
import { neededScopes } from './real-endpoints.ts'
import { createRealIncidents } from './real-incidents.ts'
import { createRealPeople } from './real-people.ts'
import { createRealTalk } from './real-talk.ts'
import { createBasicSignIn, createOauthSignIn } from './sign-in.ts'
import { createSimpleDesk } from './simple-desk.ts'
import { TIMEOUT_MS } from './timeouts.ts'

export type InvgateCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'oauth2'; readonly clientId: string; readonly clientSecret: string }

export type DeskParts = {
  readonly http: OutboundHttp
  readonly baseUrl: string
  readonly dialect: 'service-management' | 'simple'
  readonly credentials: InvgateCredentials
  readonly requestsPerSecond?: number
  readonly timeoutMs?: number
  readonly breaker?: { readonly threshold: number; readonly probeEveryMs: number }
}

const REQUESTS_PER_SECOND = 3
const BREAKER = { threshold: 5, probeEveryMs: 2_000 }
const TOKEN_PATH = '/oauth/v2.0/access_token'
const API_PATH = '/api/v1'

/** The desk at InvGate in the dialect that it speaks; one for the whole process, because it keeps the pace. */
export function createInvgateDesk({
  http,
  baseUrl,
  dialect,
  credentials,
  requestsPerSecond = REQUESTS_PER_SECOND,
  timeoutMs = TIMEOUT_MS,
  breaker = BREAKER,
}: DeskParts): InvgateDesk {
  const monotonicMs = (): number => performance.now()
  const line = createLine({
    http,
    baseUrl: dialect === 'simple' ? baseUrl : apiUrl(baseUrl),
    signIn:
      credentials.kind === 'basic'
        ? createBasicSignIn(credentials)
        : createOauthSignIn({
            http,
            tokenUrl: `${new URL(baseUrl).origin}${TOKEN_PATH}`,
            ...credentials,
            scopes: neededScopes,
            timeoutMs,
            monotonicMs,
          }),
    breaker: createBreaker({ ...breaker, monotonicMs }),
    pace: createPace({ perSecond: requestsPerSecond, monotonicMs, sleep }),
    timeoutMs,
    monotonicMs,
    sleep,
    random: Math.random,
  })
  if (dialect === 'simple') return createSimpleDesk(line)
  return {
    abilities: new Set(['comments', 'moves', 'users', 'catalogues']),
    ...createRealIncidents(line),
    ...createRealTalk(line),
    ...createRealPeople(line),
  }
}

/** The address of the instance alone is enough. */
function apiUrl(baseUrl: string): string {
  const { pathname } = new URL(baseUrl)
  const plain = baseUrl.replace(/\/+$/, '')
  return pathname === '/' ? `${plain}${API_PATH}` : plain
}
