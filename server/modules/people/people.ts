import { systemCall } from '#platform/call'
import type { Clock } from '#platform/clock'
import { transaction } from '#platform/database/transaction'
import type { EventConsumer } from '#platform/events/consumer'
import type { Authenticate } from '#platform/http/callers'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import type { TimerKind } from '#platform/timers/timer'
import { type AccessParts, createAuthenticate } from './access.ts'
import { createDirectory } from './directory.ts'
import { createPeopleConsumer } from './events.ts'
import { forgetEndedSessions } from './queries.ts'
import { registerPeopleRoutes } from './routes.ts'

const HOUR_MS = 60 * 60 * 1_000

export type PeopleOptions = AccessParts & {
  readonly clock: Clock
  /** How long an access token lives. */
  readonly accessTtlMs: number
}

export type People = {
  readonly consumers: readonly EventConsumer[]
  readonly timerKinds: readonly TimerKind[]
  /** For a service without identity. */
  readonly authenticate: Authenticate
  readonly registerRoutes: (app: HttpServer) => void
}

/** Puts the module together; it is made before the HTTP server, which may ask it who a caller is. */
export function createPeople(options: PeopleOptions): People {
  return {
    consumers: [createPeopleConsumer(options)],
    timerKinds: [createForgetting(options)],
    authenticate: createAuthenticate(options),
    registerRoutes(app) {
      registerPeopleRoutes(app, traceUseCases('people', createDirectory(options)))
    },
  }
}

function createForgetting({ db, clock }: Pick<PeopleOptions, 'db' | 'clock'>): TimerKind {
  return {
    kind: 'people.forget-sessions',
    standing: 'all',
    async handle(_timer, complete) {
      const now = clock.now()
      await transaction(db, systemCall, async (trx) => await forgetEndedSessions(trx, now))
      await complete(async () => ({ again: new Date(now.getTime() + HOUR_MS) }))
    },
  }
}
