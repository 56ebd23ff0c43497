import { fastifyCookie, type SerializeOptions } from '@fastify/cookie'

const PATH = '/api/v1/auth'

/** The cookie in which a browser keeps its refresh token, out of reach of scripts and of other sites (F10). */
export function createRefreshCookie({
  production,
  ttlMs,
}: {
  readonly production: boolean
  readonly ttlMs: number
}) {
  const name = production ? '__Secure-karya_refresh' : 'karya_refresh'
  const options: SerializeOptions = { httpOnly: true, sameSite: 'strict', path: PATH, secure: production }
  return {
    name,
    keep: (token: string) =>
      fastifyCookie.serialize(name, token, { ...options, maxAge: Math.floor(ttlMs / 1_000) }),
    clear: () => fastifyCookie.serialize(name, '', { ...options, maxAge: 0 }),
  }
}

export type RefreshCookie = ReturnType<typeof createRefreshCookie>
