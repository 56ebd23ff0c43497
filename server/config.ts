import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import * as forms from './config/forms.ts'
import { readInvgate } from './config/invgate.ts'
import { isPlaceholder } from './config/placeholders.ts'
import { ConfigError, createReader, type Environment, type Reader } from './config/reader.ts'
import type { DatabaseAddress } from './platform/database/engine.ts'
import { languages } from './platform/language.ts'

export { ConfigError }

/** The business areas that `KARYA_MODULES` can name. */
export const moduleNames = [
  'identity',
  'people',
  'tasks',
  'tickets',
  'workorders',
  'shop',
  'notifications',
  'activity',
  'webhooks',
] as const

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const DAY_MS = 86_400_000

type Frozen<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]: Frozen<Value[Key]> }
    : Value

/** Everything that is decided outside the program, checked, with units in the names. */
export type Config = Frozen<ReturnType<typeof compose>>

/**
 * Understands the environment (F20) as one frozen value; an empty variable counts as unset.
 * Throws a ConfigError that names every bad variable at once (F2).
 */
export function readConfig(environment: Environment): Config {
  const reader = createReader(environment)
  const config = compose(reader)
  reader.refuseUnknown()
  if (reader.problems.length > 0) throw new ConfigError(reader.problems)
  freeze(config)
  return config
}

/** The names of all variables, aliases left out. */
export function listVariables(): readonly string[] {
  const reader = createReader({})
  compose(reader)
  return reader.names
}

/** The process environment; outside production with what the folder's `.env` says where it says nothing. */
export function loadEnvironment(directory: string, processEnvironment: Environment): Environment {
  if (processEnvironment['NODE_ENV'] === 'production') return processEnvironment
  let file: string
  try {
    file = readFileSync(join(directory, '.env'), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return processEnvironment
    throw error
  }
  return { ...parseEnv(file), ...processEnvironment }
}

function compose(reader: Reader) {
  const { read, warnings } = reader
  const production = readProduction(reader)
  const dataDirectory = read('DATA_DIR', forms.path, 'data')
  const workers = read('KARYA_WORKERS', forms.wholeNumber({ min: 1, max: 64 }), 1)
  const http = readHttp(reader)
  return {
    production,
    /** For the embedded database and a secret made by ourselves; relative to the working folder. */
    dataDirectory,
    modules: read('KARYA_MODULES', forms.someOf(moduleNames), moduleNames),
    workers,
    businessZone: read('BUSINESS_ZONE', forms.timeZone, 'Asia/Jakarta'),
    defaultLanguage: read('DEFAULT_LOCALE', forms.oneOf(languages), 'en' as const),
    logLevel: read('LOG_LEVEL', forms.oneOf(LOG_LEVELS), 'info' as const),
    http,
    database: readDatabase(reader, { dataDirectory, workers }),
    /** A bucket; null: files are kept in the data folder. */
    filesBucket: read('FILES_URL', forms.bucket, null),
    redisUrl: readRedis(reader),
    /** Empty: events stay in the process. */
    natsServers: read('NATS_URL', forms.listOf(forms.url('nats', 'tls')), []),
    /** The JetStream stream of all services that belong together. */
    natsStream: read('NATS_STREAM', forms.streamName, 'KARYA'),
    kafka: readKafka(reader),
    tokens: readTokens(reader, { production }),
    /** Null: no administrator is made at start. */
    administrator: readAdministrator(reader),
    passwordScheme: read('PASSWORD_HASH', forms.oneOf(['argon2id', 'bcrypt']), 'argon2id' as const),
    rateLimits: {
      general: read('RATE_LIMIT', forms.rateLimit, { max: 1_200, windowMs: 60_000 }),
      guessing: read('RATE_LIMIT_AUTH', forms.rateLimit, { max: 30, windowMs: 60_000 }),
    },
    metrics: readMetrics(reader, { production, httpPort: http.port }),
    /** Null: no traces are kept. */
    tracesEndpoint: read('OTEL_EXPORTER_OTLP_ENDPOINT', forms.baseUrl, null),
    mail: readMail(reader),
    /** Whether events may be sent to private and loopback addresses. */
    webhooks: { allowPrivate: read('WEBHOOKS_ALLOW_PRIVATE', forms.boolean, false) },
    invgate: readInvgate(reader),
    /** What is odd but stops nothing, as sentences for the log. */
    warnings,
  }
}

function readProduction({ read, refuse }: Reader): boolean {
  const name = read('NODE_ENV', forms.text, 'development')
  // Whoever writes "prod" believes to be protected; going on without the rules of production would be a trap.
  if (name !== 'production' && /^prod(uction)?$/i.test(name))
    refuse('NODE_ENV', 'expected production, spelled so')
  return name === 'production'
}

function readHttp({ read }: Reader) {
  return {
    host: read('HOST', forms.host, '127.0.0.1'),
    /** 0 asks the system for a free one. */
    port: read('PORT', forms.port, 3_000),
    corsOrigins: read('CORS_ORIGINS', forms.listOf(forms.origin), []),
    trustProxy: read('TRUST_PROXY', forms.trustProxy, false),
  }
}

type DatabaseFacts = { readonly dataDirectory: string; readonly workers: number }

function readDatabase(reader: Reader, { dataDirectory, workers }: DatabaseFacts) {
  const { read, refuse } = reader
  const address: DatabaseAddress = read('DATABASE_URL', forms.databaseAddress, null) ??
    readMysqlParts(reader) ?? { engine: 'sqlite', file: join(dataDirectory, 'karya.db') }
  if (workers > 1 && address.engine === 'sqlite' && address.file === ':memory:')
    refuse('DATABASE_URL', 'a database in memory cannot be shared by several KARYA_WORKERS')
  const poolTime = { minMs: 1, maxMs: DAY_MS }
  return {
    address,
    pool: {
      max: read('DB_POOL_MAX', forms.wholeNumber({ min: 1, max: 1_000 }), 25),
      idleMs: read('DB_POOL_IDLE', forms.durationMs({ plain: 's', ...poolTime }), 300_000),
      lifetimeMs: read('DB_POOL_LIFETIME_MS', forms.durationMs({ plain: 'ms', ...poolTime }), 300_000),
      acquireTimeoutMs: read('DB_ACQUIRE_TIMEOUT_MS', forms.durationMs({ plain: 'ms', ...poolTime }), 5_000),
    },
    migrateOnStart: read('MIGRATE_ON_START', forms.boolean, true),
  }
}

/** The address in the parts that the older systems named; null without them or beside DATABASE_URL. */
function readMysqlParts({ readLegacy, refuse, spelling }: Reader): DatabaseAddress | null {
  const set = ['DB_HOST', 'DB_PORT', 'DB_USER', 'DB_PASSWORD', 'DB_NAME'].find(
    (part) => spelling(part) !== null,
  )
  if (set === undefined || spelling('DATABASE_URL') !== null) return null
  for (const part of ['DB_HOST', 'DB_USER', 'DB_NAME']) {
    if (spelling(part) === null) refuse(part, `is needed with ${spelling(set)}`)
  }
  const host = readLegacy('DB_HOST', forms.host, '')
  const port = readLegacy('DB_PORT', forms.remotePort, 3_306)
  const user = encodeURIComponent(readLegacy('DB_USER', forms.text, ''))
  const password = encodeURIComponent(readLegacy('DB_PASSWORD', forms.secret(), ''))
  const name = encodeURIComponent(readLegacy('DB_NAME', forms.text, ''))
  return { engine: 'mysql', url: `mysql://${user}:${password}@${bracketed(host)}:${port}/${name}` }
}

function readRedis({ read, readLegacy, refuse, spelling }: Reader): string | null {
  const url = read('REDIS_URL', forms.url('redis', 'rediss'), null)
  const set = ['REDIS_HOST', 'REDIS_PORT', 'REDIS_PASSWORD'].find((part) => spelling(part) !== null)
  if (url !== null || set === undefined || spelling('REDIS_URL') !== null) return url
  if (set !== 'REDIS_HOST') refuse('REDIS_HOST', `is needed with ${set}`)
  const host = readLegacy('REDIS_HOST', forms.host, '')
  const port = readLegacy('REDIS_PORT', forms.remotePort, 6_379)
  const password = readLegacy('REDIS_PASSWORD', forms.secret(), null)
  return `redis://${password === null ? '' : `:${encodeURIComponent(password)}@`}${bracketed(host)}:${port}`
}

function readKafka({ read }: Reader) {
  const brokers = read('KAFKA_BROKERS', forms.listOf(forms.hostAndPort({ defaultPort: 9_092 })), null)
  /** Event types that go to Kafka besides those that the contract sends there. */
  const topics = read('KAFKA_TOPICS', forms.listOf(forms.topic), [])
  const topicPrefix = read('KAFKA_TOPIC_PREFIX', forms.topic, '')
  return brokers === null ? null : { brokers, topics, topicPrefix }
}

function readTokens({ read, refuse, spelling }: Reader, { production }: { readonly production: boolean }) {
  const jwtSecret = read('JWT_SECRET', forms.secret({ minBytes: 32 }), null)
  if (production && spelling('JWT_SECRET') === null)
    refuse(
      'JWT_SECRET',
      'is required in production: at least 32 bytes, as `openssl rand -base64 48` makes them',
    )
  if (production && jwtSecret !== null && isPlaceholder(jwtSecret))
    refuse(
      'JWT_SECRET',
      'is a placeholder that anybody could guess; `openssl rand -base64 48` makes a secret',
    )
  return {
    /** Null, outside production only: one is made once and kept in the data folder. */
    jwtSecret,
    accessTokenTtlMs: read('ACCESS_TOKEN_TTL', forms.durationMs({ plain: 's', minMs: 1_000 }), 900_000),
    refreshTokenTtlMs: read('REFRESH_TOKEN_TTL', forms.durationMs({ plain: 's', minMs: 1_000 }), 7 * DAY_MS),
  }
}

function readAdministrator({ read, refuse, spelling }: Reader) {
  const email = read('ADMIN_EMAIL', forms.email, null)
  const password = read('ADMIN_PASSWORD', forms.password, null)
  const hasEmail = spelling('ADMIN_EMAIL') !== null
  const hasPassword = spelling('ADMIN_PASSWORD') !== null
  if (hasPassword && !hasEmail) refuse('ADMIN_EMAIL', 'is needed with ADMIN_PASSWORD')
  if (hasEmail && !hasPassword) refuse('ADMIN_PASSWORD', 'is needed with ADMIN_EMAIL')
  return email === null || password === null ? null : { email, password }
}

type MetricsFacts = { readonly production: boolean; readonly httpPort: number }

function readMetrics({ read, refuse }: Reader, { production, httpPort }: MetricsFacts) {
  const port = read('METRICS_PORT', forms.port, null)
  const token = read('METRICS_TOKEN', forms.secret({ minBytes: 16 }), null)
  if (port !== null && port !== 0 && port === httpPort)
    refuse('METRICS_PORT', 'expected another port than PORT')
  if (production && token !== null && isPlaceholder(token))
    refuse(
      'METRICS_TOKEN',
      'is a placeholder that anybody could guess; `openssl rand -hex 24` makes a secret',
    )
  return { port, token }
}

function readMail({ read, spelling, warnings }: Reader) {
  const smtpUrl = read('SMTP_URL', forms.url('smtp', 'smtps'), null)
  if (smtpUrl !== null && spelling('MAIL_FROM') === null)
    warnings.push('MAIL_FROM is not set: mail goes out from karya@localhost, which most servers refuse')
  /** `smtpUrl` null: mails are files in the data folder. */
  return { smtpUrl, from: read('MAIL_FROM', forms.mailbox, 'Karya <karya@localhost>') }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const part of Object.values(value)) freeze(part)
}
