import type { KeyValue } from '#platform/cache/key-value'
import type { Authenticate } from '#platform/http/callers'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { createAccess } from './access.ts'
import { type Claims, createAccessTokens } from './access-tokens.ts'
import { createApiTokens } from './api-tokens.ts'
import { createAttempts } from './attempts.ts'
import { registerAuthRoutes } from './auth-routes.ts'
import { createRefreshCookie } from './cookies.ts'
import type { IdentityParts } from './parts.ts'
import { createPasswords, type PasswordScheme } from './passwords.ts'
import { createProfile } from './profile.ts'
import { createRegistration } from './registration.ts'
import { createSessions } from './sessions.ts'
import { createSignIn, createStartSession } from './sign-in.ts'
import { registerUserRoutes } from './user-routes.ts'
import { createUsers } from './users.ts'

export type IdentityOptions = IdentityParts & {
  readonly keyValue: KeyValue
  readonly secret: string
  readonly passwordScheme: PasswordScheme
  readonly accessTtlMs: number
  readonly refreshTtlMs: number
  readonly production: boolean
}

export type Identity = {
  readonly authenticate: Authenticate
  /** What a token of ours says, whether or not its session still holds; refuses any other. */
  readonly verifyAccessToken: (token: string) => Promise<Claims>
  readonly ensureAdministrator: ReturnType<typeof createRegistration>['ensureAdministrator']
  readonly registerRoutes: (app: HttpServer, parts: { readonly answerOnce: AnswerOnce }) => void
}

/** Puts the module together; it is made before the HTTP server, which asks it who a caller is. */
export function createIdentity(options: IdentityOptions): Identity {
  const parts: IdentityParts = options
  const accessTokens = createAccessTokens({ ...options, ttlMs: options.accessTtlMs })
  const access = createAccess({ ...options, accessTokens })
  const passwords = createPasswords({ scheme: options.passwordScheme })
  const attempts = createAttempts(parts)
  const startSession = createStartSession({ ...options, accessTokens })
  const registration = createRegistration({ ...parts, passwords, startSession })

  return {
    authenticate: access.authenticate,
    verifyAccessToken: accessTokens.verify,
    ensureAdministrator: registration.ensureAdministrator,
    registerRoutes(app, { answerOnce }) {
      registerAuthRoutes(app, {
        registration: traceUseCases('identity', registration),
        ...traceUseCases('identity', {
          signIn: createSignIn({ ...parts, passwords, attempts, startSession }),
        }),
        sessions: traceUseCases('identity', createSessions({ ...options, accessTokens, access })),
        cookie: createRefreshCookie({ production: options.production, ttlMs: options.refreshTtlMs }),
        answerOnce,
      })
      registerUserRoutes(app, {
        profile: traceUseCases('identity', createProfile({ ...parts, passwords, attempts, access })),
        users: traceUseCases('identity', createUsers({ ...parts, access })),
        apiTokens: traceUseCases('identity', createApiTokens({ ...parts, access })),
        answerOnce,
      })
    },
  }
}
