import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { IdentityTables } from '#modules/identity'
import type { ShopTables } from '#modules/shop'
import { createLog, type Log } from '#platform/telemetry/log'
import { type App, createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import type { Backend } from './backends.ts'

type Tables = IdentityTables & ShopTables

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly text: string
  /** The JSON of the answer; fields are looked up, not declared. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any
}

type Ask = {
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** The client's address. */
  readonly from?: string
}

export type Person = {
  readonly id: string
  readonly email: string
  readonly password: string
  readonly token: string
  readonly refreshToken: string
}

export type TestApp = {
  readonly app: App
  /** For looking at rows; the tests' own questions, in SQL. */
  readonly db: Kysely<Tables>
  readonly clock: { readonly now: () => Date; readonly advance: (ms: number) => void }
  /** Everything that was logged, as text. */
  readonly logged: () => string
  /** Sends a request through the whole HTTP server, without a socket. */
  readonly ask: (method: string, url: string, options?: Ask) => Promise<Answer>
  /** Registers somebody and signs them in; the first administrator registers the staff. */
  readonly enrol: (role?: string) => Promise<Person>
  readonly administrator: Person
  readonly stop: () => Promise<void>
}

export const SECRET = 'a secret of the tests, long enough to sign with'
export const PASSWORD = 'correct horse battery'

type Options = {
  /** Variables besides those of the backend. Rate limits are off unless set here. */
  readonly environment?: Readonly<Record<string, string>>
  /** Another server's, for two on one database. */
  readonly clock?: TestApp['clock']
}

/** A server on an empty place, with one administrator, whose clock the test holds. */
export async function startTestApp(
  backend: Backend,
  { environment = {}, clock = createTestClock() }: Options = {},
): Promise<TestApp> {
  const place = await backend.create()
  const lines: string[] = []
  const log: Log = createLog({
    level: 'debug',
    destination: { write: (line: string) => void lines.push(line) },
  })
  const email = 'admin@karya.test'
  const config = readConfig({
    RATE_LIMIT: 'off',
    RATE_LIMIT_AUTH: 'off',
    PORT: '0',
    ADMIN_EMAIL: email,
    ADMIN_PASSWORD: PASSWORD,
    ...place.environment,
    ...environment,
  })
  const app = await createApp({ config, log, secret: SECRET, clock })
  await app.http.ready()

  async function ask(
    method: string,
    url: string,
    { token, body, headers = {}, from }: Ask = {},
  ): Promise<Answer> {
    const response = await app.http.inject({
      method: asMethod(method),
      url,
      remoteAddress: from ?? '127.0.0.1',
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const isJson = String(response.headers['content-type']).includes('json')
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: isJson && response.body !== '' ? JSON.parse(response.body) : undefined,
    }
  }

  async function signIn(address: string): Promise<Person> {
    const { status, text, body } = await ask('POST', '/api/v1/auth/login', {
      body: { email: address, password: PASSWORD, token_delivery: 'body' },
    })
    if (status !== 200) throw new Error(`could not sign in: ${text}`)
    return {
      id: body.user.id,
      email: address,
      password: PASSWORD,
      token: body.access_token,
      refreshToken: body.refresh_token,
    }
  }

  const administrator = await signIn(email)
  return {
    app,
    db: app.database.db.withTables<Tables>(),
    clock,
    logged: () => lines.join(''),
    ask,
    administrator,
    async enrol(role = 'customer') {
      const address = `${role}-${randomBytes(5).toString('hex')}@karya.test`
      const { status, text } = await ask('POST', '/api/v1/auth/register', {
        token: administrator.token,
        body: { name: `A ${role}`, email: address, password: PASSWORD, role },
      })
      if (status !== 201) throw new Error(`could not register: ${text}`)
      return await signIn(address)
    },
    async stop() {
      await app.stop()
      await place.remove()
    },
  }
}

function createTestClock(): TestApp['clock'] {
  let aheadMs = 0
  return {
    now: () => new Date(Date.now() + aheadMs),
    advance(ms) {
      aheadMs += ms
    },
  }
}

function asMethod(method: string): 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'DELETE':
    case 'OPTIONS':
      return method
    default:
      throw new TypeError(`no such method here: ${method}`)
  }
}
