import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { createPeople, type PeopleTables } from '#modules/people'
import { systemCall } from '#platform/call'
import { systemClock } from '#platform/clock'
import { transaction } from '#platform/database/transaction'
import { type EventEnvelope, toEnvelope } from '#platform/events/envelope'
import { systemIds } from '#platform/id'
import { createLog } from '#platform/telemetry/log'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import type { UserState } from '../../server/modules/people/schemas.ts'
import type { Backend } from './backends.ts'
import { type Answer, SECRET, type TestApp } from './test-app.ts'

export type TestService = {
  readonly db: Kysely<PeopleTables>
  /** Asks with a token, without a socket. */
  readonly ask: (url: string, token: string) => Promise<Answer>
  /** Handles events one after the other, each in a transaction of its own, as the reader does. */
  readonly hear: (...events: readonly EventEnvelope[]) => Promise<void>
  readonly stop: () => Promise<void>
}

/** For the tests of people: a server without identity, with a database of its own, that hears only what the test tells. */
export async function startTestService(
  backend: Backend,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestService> {
  const place = await backend.create()
  const config = readConfig({
    ...place.environment,
    PORT: '0',
    RATE_LIMIT: 'off',
    KARYA_MODULES: 'people,shop',
    ...environment,
  })
  const log = createLog({ level: 'silent', destination: { write: () => {} } })
  const app = await createApp({ config, log, secret: SECRET })
  await app.http.ready()
  const db = app.database.db.withTables<PeopleTables>()
  const { consumers } = createPeople({
    db,
    clock: systemClock,
    accessTtlMs: 900_000,
    verifyAccessToken: async () => await Promise.reject(new Error('nobody comes here')),
    permissionsOf: () => new Set(),
  })

  return {
    db,
    async ask(url, token) {
      const headers = { authorization: `Bearer ${token}` }
      const answer = await app.http.inject({ method: 'GET', url, headers })
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text: answer.body,
        body: answer.body === '' ? undefined : answer.json(),
      }
    },
    async hear(...events) {
      for (const event of events) {
        await transaction(db, systemCall, async (trx) => {
          for (const { handle } of consumers) await handle(event, trx)
        })
      }
    },
    async stop() {
      await app.stop()
      await place.remove()
    },
  }
}

const INSTALLATION = systemIds.next()

/** What identity has told so far of users and sessions, as it travels. */
export async function eventsOf(identity: TestApp): Promise<EventEnvelope[]> {
  const rows = await identity.db.selectFrom('outbox').selectAll().orderBy('id').execute()
  return rows
    .filter(({ type }) => type.startsWith('user.') || type === 'session.revoked')
    .map((row, index) => toEnvelope({ ...row, position: index + 1 }, INSTALLATION))
}

type Told = {
  readonly type: string
  readonly version: number
  readonly state: UserState
}

export function userEvent({ type, version, state }: Told): EventEnvelope {
  return toEnvelope(
    {
      id: systemIds.next(),
      type,
      subject: `user/${state.id}`,
      record_version: version,
      data: JSON.stringify({ ...state, version, created_at: state.updated_at }),
      actor_id: null,
      traceparent: null,
      occurred_at: new Date(state.updated_at),
      position: version,
    },
    INSTALLATION,
  )
}

export function userState(fields: Partial<UserState> = {}): UserState {
  return {
    id: systemIds.next(),
    name: 'Siti',
    lastname: 'Aminah',
    email: `siti-${randomBytes(5).toString('hex')}@karya.test`,
    username: null,
    role: 'customer',
    locale: 'id',
    disabled: false,
    updated_at: new Date().toISOString(),
    ...fields,
  }
}
