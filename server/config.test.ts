import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { parseEnv } from 'node:util'
import {
  type Config,
  ConfigError,
  listVariables,
  loadEnvironment,
  moduleNames,
  readConfig,
} from './config.ts'

type Environment = Record<string, string>
/** What a row sets, and a part of the configuration that it must lead to. */
type Reading = readonly [Environment, (config: Config) => unknown, unknown]

const GOOD_SECRET = 'k7Qw0vPz3nXr9TbL2sYd5mGh8cJf1aEu'

function problemsOf(environment: Environment): readonly string[] {
  try {
    readConfig(environment)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems
  }
  return []
}

/** The variables that are complained about, in order. */
function refused(environment: Environment): readonly string[] {
  return problemsOf(environment).map((problem) => problem.split(':', 1)[0] ?? '')
}

function understands(readings: readonly Reading[]): void {
  for (const [environment, pick, expected] of readings) {
    it(`F20 understands ${inWords(environment)}`, () => {
      assert.deepEqual(pick(readConfig(environment)), expected)
    })
  }
}

function refusesEach(name: string, values: readonly string[], rest: Environment = {}): void {
  for (const value of values) {
    it(`F2 refuses ${name}=${JSON.stringify(value)}`, () => {
      assert.deepEqual(refused({ ...rest, [name]: value }), [name])
    })
  }
}

function inWords(environment: Environment): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

describe('the configuration as a whole', () => {
  it('F2 needs nothing outside production and has the defaults of the contract', () => {
    assert.deepEqual(readConfig({}), {
      production: false,
      dataDirectory: 'data',
      modules: [...moduleNames],
      workers: 1,
      businessZone: 'Asia/Jakarta',
      defaultLanguage: 'en',
      logLevel: 'info',
      http: { host: '127.0.0.1', port: 3000, corsOrigins: [], trustProxy: false },
      database: {
        address: { engine: 'sqlite', file: join('data', 'karya.db') },
        pool: { max: 25, idleMs: 300_000, lifetimeMs: 300_000, acquireTimeoutMs: 5_000 },
        migrateOnStart: true,
      },
      filesBucket: null,
      redisUrl: null,
      natsServers: [],
      natsStream: 'KARYA',
      kafka: null,
      tokens: { jwtSecret: null, accessTokenTtlMs: 15 * 60_000, refreshTokenTtlMs: 7 * 86_400_000 },
      administrator: null,
      passwordScheme: 'argon2id',
      rateLimits: {
        general: { max: 1200, windowMs: 60_000 },
        guessing: { max: 30, windowMs: 60_000 },
      },
      metrics: { port: null, token: null },
      tracesEndpoint: null,
      mail: { smtpUrl: null, from: 'Karya <karya@localhost>' },
      webhooks: { allowPrivate: false },
      invgate: null,
      warnings: [],
    })
  })

  it('F2 is frozen to its leaves', () => {
    const config = readConfig({ CORS_ORIGINS: 'https://a.example', TRUST_PROXY: '10.0.0.0/8' })
    for (const part of [
      config,
      config.http,
      config.http.corsOrigins,
      config.http.trustProxy,
      config.database.pool,
    ]) {
      assert.ok(Object.isFrozen(part))
    }
  })

  it('F2 takes an empty variable as unset', () => {
    const empty = Object.fromEntries(listVariables().map((name, index) => [name, index % 2 === 0 ? '' : ' ']))
    assert.deepEqual(readConfig({ ...empty, SERVER_PORT: '', DB_HOST: '', REDIS_HOST: '' }), readConfig({}))
  })

  it('F2 names every bad variable in one message', () => {
    const environment = {
      NODE_ENV: 'production',
      PORT: 'eighty',
      DATABASE_URL: 'oracle://db/karya',
      ADMIN_EMAIL: 'admin@example.com',
      RATE_LIMIT: 'often',
      INVGATE_BASE_URL: 'https://desk.example/api/v1',
      KARYA_WORKER: '2',
    }
    assert.throws(() => readConfig(environment), {
      name: 'ConfigError',
      message: [
        'The configuration is not valid:',
        '  PORT: expected a whole number from 0 to 65535',
        '  DATABASE_URL: expected sqlite:path/of/a/file, postgres://user:password@host:5432/name or ' +
          'mysql://user:password@host:3306/name',
        '  JWT_SECRET: is required in production: at least 32 bytes, as `openssl rand -base64 48` makes them',
        '  ADMIN_PASSWORD: is needed with ADMIN_EMAIL',
        '  RATE_LIMIT: expected a rate such as 1200/1m, or off',
        '  INVGATE_BASE_URL: needs INVGATE_USERNAME and INVGATE_PASSWORD, or INVGATE_CLIENT_ID and ' +
          'INVGATE_CLIENT_SECRET',
        '  KARYA_WORKER: is not a variable of Karya; did you mean KARYA_WORKERS?',
      ].join('\n'),
    })
  })

  it('F2 names every single variable when all of them are bad', () => {
    const freeText = new Set(['NODE_ENV', 'DATA_DIR', 'INVGATE_USERNAME', 'INVGATE_PASSWORD'])
    const names = listVariables().filter((name) => !freeText.has(name) && !name.startsWith('INVGATE_CLIENT'))
    const bad = Object.fromEntries(names.map((name) => [name, '*']))
    assert.deepEqual([...new Set(refused(bad))].sort(), [...names].sort())
  })

  it('F2 never repeats a value', () => {
    const names = [
      ...listVariables(),
      'DB_HOST',
      'DB_PORT',
      'DB_USER',
      'REDIS_HOST',
      'REDIS_PORT',
      'KARYA_NONSENSE',
    ]
    const environment = Object.fromEntries(names.map((name) => [name, '*hunter2*']))
    const all = [environment, { ...environment, DATABASE_URL: '', REDIS_URL: '' }]
    for (const each of all) {
      const problems = problemsOf(each)
      assert.ok(problems.length > 20)
      assert.doesNotMatch(problems.join('\n'), /hunter2/)
    }
  })

  it('F2 names the spelling that is bad, not the one it stands for', () => {
    assert.deepEqual(refused({ APP_PORT: 'x' }), ['APP_PORT'])
    assert.deepEqual(refused({ DB_HOST: 'db', MYSQL_PORT: 'x', MYSQL_USER: 'karya', DB_NAME: 'karya' }), [
      'MYSQL_PORT',
    ])
    assert.deepEqual(refused({ REDIS_HOST: 'not a host' }), ['REDIS_HOST'])
  })

  it('F2 leaves an alias alone beside a name of ours that is bad', () => {
    assert.deepEqual(refused({ DATABASE_URL: 'karya.db', DB_HOST: 'db' }), ['DATABASE_URL'])
    assert.deepEqual(refused({ REDIS_URL: 'cache', REDIS_PORT: 'x' }), ['REDIS_URL'])
  })

  it('F2 suspects a typing error in an unknown variable of ours and names the nearest', () => {
    assert.deepEqual(problemsOf({ KARYA_MODULE: 'shop' }), [
      'KARYA_MODULE: is not a variable of Karya; did you mean KARYA_MODULES?',
    ])
    assert.deepEqual(problemsOf({ KARYA_DATABASE_URL: 'sqlite:a' }), [
      'KARYA_DATABASE_URL: is not a variable of Karya; did you mean DATABASE_URL?',
    ])
    assert.deepEqual(problemsOf({ KARYA_PORT: '8080' }), [
      'KARYA_PORT: is not a variable of Karya; did you mean PORT?',
    ])
  })

  it('F2 lets the variables of tests and of a container platform be', () => {
    const foreign = {
      KARYA_CRASHPOINT: 'after-commit',
      KARYA_TEST_DATABASES: 'sqlite',
      KARYA_PORT: 'tcp://10.0.0.1:3000',
      KARYA_PORT_3000_TCP_ADDR: '10.0.0.1',
      KARYA_SERVICE_HOST: '10.0.0.1',
      KARYA_TASKS_SERVICE_PORT_HTTP: '3000',
      APP_PORT: 'tcp://10.0.0.2:80',
      DB_PORT: 'tcp://10.0.0.3:3306',
      REDIS_PORT: 'tcp://10.0.0.4:6379',
      PATH: '/usr/bin',
    }
    assert.deepEqual(readConfig(foreign), readConfig({}))
  })
})

describe('.env.example', () => {
  const lines = readFileSync(join(import.meta.dirname, '..', '.env.example'), 'utf8').split('\n')
  const documented = lines.flatMap((line, index) => {
    const [, name] = /^#([A-Z_]+)=/.exec(line) ?? []
    return name === undefined ? [] : [{ name, line, meaning: lines[index - 1] ?? '' }]
  })

  it('F20 documents every variable, and no other', () => {
    assert.deepEqual(documented.map(({ name }) => name).sort(), [...listVariables()].sort())
  })

  it('F20 says what each variable means', () => {
    for (const { name, meaning } of documented) assert.match(meaning, /^# \S.{15,}/, name)
  })

  it('F20 shows the defaults as they are', () => {
    const shown = parseEnv(documented.map(({ line }) => line.slice(1)).join('\n'))
    assert.deepEqual(readConfig(shown), readConfig({}))
    const unset = new Set(Object.keys(shown).filter((name) => shown[name] === ''))
    for (const name of ['PORT', 'DB_POOL_IDLE', 'REFRESH_TOKEN_TTL', 'RATE_LIMIT_AUTH'])
      assert.ok(!unset.has(name))
  })

  it('F20 says which older names are understood', () => {
    const text = lines.join('\n')
    const older = [
      'SERVER_PORT',
      'APP_PORT',
      'DB_HOST',
      'MYSQL_',
      'REDIS_HOST',
      'KAFKA_BROKER ',
      'ARMMADA_PAGE_KEY',
    ]
    for (const name of older) assert.ok(text.includes(name), name)
  })
})

describe('the process', () => {
  understands([
    [{ HOST: '0.0.0.0' }, (config) => config.http.host, '0.0.0.0'],
    [{ HOST: '::' }, (config) => config.http.host, '::'],
    [{ HOST: 'karya.internal' }, (config) => config.http.host, 'karya.internal'],
    [{ PORT: '0' }, (config) => config.http.port, 0],
    [{ PORT: ' 8080 ' }, (config) => config.http.port, 8080],
    [{ SERVER_PORT: '8081' }, (config) => config.http.port, 8081],
    [{ APP_PORT: '8082' }, (config) => config.http.port, 8082],
    [{ SERVER_PORT: '8081', APP_PORT: '8082' }, (config) => config.http.port, 8081],
    [{ PORT: '8080', SERVER_PORT: 'bad', APP_PORT: '8082' }, (config) => config.http.port, 8080],
    [{ DATA_DIR: '/var/lib/karya' }, (config) => config.dataDirectory, '/var/lib/karya'],
    [{ NODE_ENV: 'test' }, (config) => config.production, false],
    [{ NODE_ENV: 'production', JWT_SECRET: GOOD_SECRET }, (config) => config.production, true],
    [{ KARYA_MODULES: 'all' }, (config) => config.modules, [...moduleNames]],
    [{ KARYA_MODULES: 'tasks' }, (config) => config.modules, ['tasks']],
    [{ KARYA_MODULES: 'shop, identity,shop' }, (config) => config.modules, ['identity', 'shop']],
    [{ KARYA_WORKERS: '64' }, (config) => config.workers, 64],
    [{ BUSINESS_ZONE: 'Asia/Makassar' }, (config) => config.businessZone, 'Asia/Makassar'],
    [{ DEFAULT_LOCALE: 'id' }, (config) => config.defaultLanguage, 'id'],
    [{ LOG_LEVEL: 'silent' }, (config) => config.logLevel, 'silent'],
  ])
  refusesEach('HOST', ['not a host', 'http://127.0.0.1', '-a', '127.0.0.1:80'])
  refusesEach('PORT', ['65536', '-1', '80.5', '0x50', 'http'])
  refusesEach('NODE_ENV', ['prod', 'Production', 'PRODUCTION'])
  refusesEach('KARYA_MODULES', ['shops', 'shop,nothing', 'all,shop', ','])
  refusesEach('KARYA_WORKERS', ['0', '65', 'auto'])
  refusesEach('BUSINESS_ZONE', ['Asia/Atlantis', 'WIB?'])
  refusesEach('DEFAULT_LOCALE', ['id-ID', 'de'])
  refusesEach('LOG_LEVEL', ['verbose', 'INFO'])
})

describe('the database', () => {
  const address = (config: Config) => config.database.address
  understands([
    [{ DATA_DIR: '/srv' }, address, { engine: 'sqlite', file: '/srv/karya.db' }],
    [{ DATABASE_URL: 'sqlite:./a/b.db' }, address, { engine: 'sqlite', file: 'a/b.db' }],
    [{ DATABASE_URL: 'sqlite:/a/b.db' }, address, { engine: 'sqlite', file: '/a/b.db' }],
    [{ DATABASE_URL: 'sqlite:///a/b.db' }, address, { engine: 'sqlite', file: '/a/b.db' }],
    [{ DATABASE_URL: 'sqlite::memory:' }, address, { engine: 'sqlite', file: ':memory:' }],
    ...['postgres', 'postgresql'].map<Reading>((scheme) => [
      { DATABASE_URL: `${scheme}://u:p@h:5432/karya?sslmode=require` },
      address,
      { engine: 'postgres', url: `${scheme}://u:p@h:5432/karya?sslmode=require` },
    ]),
    ...['mysql', 'mariadb'].map<Reading>((scheme) => [
      { DATABASE_URL: `${scheme}://u:p@h/karya` },
      address,
      { engine: 'mysql', url: `${scheme}://u:p@h/karya` },
    ]),
    [
      { DB_HOST: 'db', DB_PORT: '3307', DB_USER: 'us er', DB_PASSWORD: 'p@s:s/#%', DB_NAME: 'karya' },
      address,
      { engine: 'mysql', url: 'mysql://us%20er:p%40s%3As%2F%23%25@db:3307/karya' },
    ],
    [
      { MYSQL_HOST: '::1', MYSQL_USER: 'root', MYSQL_DATABASE: 'karya' },
      address,
      { engine: 'mysql', url: 'mysql://root:@[::1]:3306/karya' },
    ],
    [
      { DATABASE_URL: 'postgres://h/karya', DB_HOST: 'db', DB_PORT: 'bad' },
      address,
      { engine: 'postgres', url: 'postgres://h/karya' },
    ],
    [{ DB_POOL_MAX: '1' }, (config) => config.database.pool.max, 1],
    [{ DB_POOL_IDLE: '90' }, (config) => config.database.pool.idleMs, 90_000],
    [{ DB_POOL_IDLE: '5m' }, (config) => config.database.pool.idleMs, 300_000],
    [{ DB_POOL_LIFETIME_MS: '90' }, (config) => config.database.pool.lifetimeMs, 90],
    [{ DB_POOL_LIFETIME_MS: '1h' }, (config) => config.database.pool.lifetimeMs, 3_600_000],
    [{ DB_ACQUIRE_TIMEOUT_MS: '250' }, (config) => config.database.pool.acquireTimeoutMs, 250],
    [{ MIGRATE_ON_START: 'false' }, (config) => config.database.migrateOnStart, false],
    [{ MIGRATE_ON_START: '0' }, (config) => config.database.migrateOnStart, false],
    [{ MIGRATE_ON_START: 'TRUE' }, (config) => config.database.migrateOnStart, true],
  ])
  refusesEach('DATABASE_URL', [
    'sqlite:',
    'karya.db',
    'postgres://',
    'postgres://h',
    'mysql://h/',
    'mongodb://h/karya',
  ])
  refusesEach('DATABASE_URL', ['sqlite::memory:'], { KARYA_WORKERS: '2' })
  refusesEach('DB_POOL_MAX', ['0', '1001', 'many'])
  refusesEach('DB_POOL_IDLE', ['0', '-5', '5 minutes', '2d', '1.5h'])
  refusesEach('DB_POOL_LIFETIME_MS', ['0', '1w'])
  refusesEach('DB_ACQUIRE_TIMEOUT_MS', ['0s', 'soon'])
  refusesEach('MIGRATE_ON_START', ['never', '2'])

  it('F20 asks for what is missing of a MySQL address in parts', () => {
    assert.deepEqual(problemsOf({ MYSQL_PASSWORD: 'p', DB_HOST: 'db' }), [
      'DB_USER: is needed with DB_HOST',
      'DB_NAME: is needed with DB_HOST',
    ])
  })
})

describe('cache and brokers', () => {
  const kafka = (config: Config) => config.kafka
  understands([
    [{ REDIS_URL: 'rediss://:p@h:6380/1' }, (config) => config.redisUrl, 'rediss://:p@h:6380/1'],
    [{ REDIS_HOST: 'cache' }, (config) => config.redisUrl, 'redis://cache:6379'],
    [
      { REDIS_HOST: 'cache', REDIS_PORT: '6380', REDIS_PASSWORD: 'a/b' },
      (config) => config.redisUrl,
      'redis://:a%2Fb@cache:6380',
    ],
    [{ REDIS_URL: 'redis://h', REDIS_HOST: 'x' }, (config) => config.redisUrl, 'redis://h'],
    [{ NATS_URL: 'nats://a:4222, tls://b' }, (config) => config.natsServers, ['nats://a:4222', 'tls://b']],
    [
      { KAFKA_BROKERS: 'a:9093, b,[::1]:1' },
      kafka,
      { brokers: ['a:9093', 'b:9092', '[::1]:1'], topics: [], topicPrefix: '' },
    ],
    [{ KAFKA_BROKER: 'a:9093' }, kafka, { brokers: ['a:9093'], topics: [], topicPrefix: '' }],
    [{ KAFKA_BROKERS: 'a:1', KAFKA_BROKER: 'b:2' }, kafka, { brokers: ['a:1'], topics: [], topicPrefix: '' }],
    [
      { KAFKA_BROKERS: 'a', KAFKA_TOPICS: 'task.expired,user.updated' },
      kafka,
      { brokers: ['a:9092'], topics: ['task.expired', 'user.updated'], topicPrefix: '' },
    ],
  ])
  refusesEach('REDIS_URL', ['http://h', 'redis://', 'h:6379'])
  refusesEach('REDIS_PORT', ['0', 'x'], { REDIS_HOST: 'cache' })
  refusesEach('NATS_URL', ['h:4222', 'nats://a,http://b'])
  refusesEach('KAFKA_BROKERS', ['a:0', 'a:b', 'kafka://a:9092', 'a:1,,b:70000'])
  refusesEach('KAFKA_TOPICS', ['a b', 'x/y'])

  it('F20 asks for the host of a Redis of which only the rest is named', () => {
    assert.deepEqual(problemsOf({ REDIS_PASSWORD: 'p' }), ['REDIS_HOST: is needed with REDIS_PASSWORD'])
  })
})

describe('signing in', () => {
  const production = { NODE_ENV: 'production' }
  understands([
    [{ JWT_SECRET: GOOD_SECRET }, (config) => config.tokens.jwtSecret, GOOD_SECRET],
    [{ ...production, JWT_SECRET: GOOD_SECRET }, (config) => config.tokens.jwtSecret, GOOD_SECRET],
    [{ JWT_SECRET: 'é'.repeat(16) }, (config) => config.tokens.jwtSecret, 'é'.repeat(16)],
    [{ ACCESS_TOKEN_TTL: '60' }, (config) => config.tokens.accessTokenTtlMs, 60_000],
    [{ ACCESS_TOKEN_TTL: '15m' }, (config) => config.tokens.accessTokenTtlMs, 900_000],
    [{ ACCESS_TOKEN_TTL: '2500ms' }, (config) => config.tokens.accessTokenTtlMs, 2_500],
    [{ REFRESH_TOKEN_TTL: '30d' }, (config) => config.tokens.refreshTokenTtlMs, 30 * 86_400_000],
    [{ PASSWORD_HASH: 'bcrypt' }, (config) => config.passwordScheme, 'bcrypt'],
    [
      { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: ' spaces kept ' },
      (config) => config.administrator,
      { email: 'admin@example.com', password: ' spaces kept ' },
    ],
  ])
  refusesEach('JWT_SECRET', ['short', 'k7Qw0vPz3nXr9TbL2sYd5mGh8cJf1aE'])
  refusesEach('ACCESS_TOKEN_TTL', ['0', '999ms', '15min', 'forever'])
  refusesEach('REFRESH_TOKEN_TTL', ['366d', '7 d', '-7d'])
  refusesEach('PASSWORD_HASH', ['md5', 'argon2'])
  refusesEach('ADMIN_EMAIL', ['admin', 'a b@c', 'a@b,c@d'], { ADMIN_PASSWORD: 'long enough' })
  refusesEach('ADMIN_PASSWORD', ['seven77', 'x'.repeat(129)], { ADMIN_EMAIL: 'admin@example.com' })

  it('F2 requires JWT_SECRET in production only', () => {
    assert.deepEqual(refused(production), ['JWT_SECRET'])
    assert.deepEqual(refused({ NODE_ENV: 'development' }), [])
  })

  const placeholders = [
    'change-me-change-me-change-me-please',
    'ChangeThisToA32CharacterSecretKey!',
    'please-change-this-jwt-secret-key-now',
    'your-256-bit-secret-your-256-bit-secret',
    'your_super_secret_jwt_key_goes_here_1',
    'replace-with-a-long-random-value-0001',
    'this-is-an-example-of-a-signing-key-01',
    'keyboard cat keyboard cat keyboard dog',
    'secretsecretsecretsecretsecretsecret',
    '0123456789abcdef0123456789abcdef',
    '01234567890123456789012345678901',
    'abcdefghijklmnopqrstuvwxyz0123456789',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'aabbccaabbccabcabcaabbcabcaabbccabca',
    'password000000000123400000000000',
  ]
  for (const placeholder of placeholders) {
    it(`F2 refuses the placeholder ${placeholder} in production`, () => {
      assert.match(
        problemsOf({ ...production, JWT_SECRET: placeholder }).join(),
        /^JWT_SECRET: is a placeholder/,
      )
      assert.deepEqual(refused({ JWT_SECRET: placeholder }), [])
    })
  }

  it('F6 takes the administrator whole or not at all', () => {
    assert.deepEqual(refused({ ADMIN_EMAIL: 'admin@example.com' }), ['ADMIN_PASSWORD'])
    assert.deepEqual(refused({ ADMIN_PASSWORD: 'long enough' }), ['ADMIN_EMAIL'])
  })
})

describe('HTTP', () => {
  const trustProxy = (config: Config) => config.http.trustProxy
  understands([
    [
      { CORS_ORIGINS: 'https://a.example, http://localhost:5173' },
      (config) => config.http.corsOrigins,
      ['https://a.example', 'http://localhost:5173'],
    ],
    [{ TRUST_PROXY: 'true' }, trustProxy, true],
    [{ TRUST_PROXY: 'false' }, trustProxy, false],
    [{ TRUST_PROXY: '0' }, trustProxy, false],
    [{ TRUST_PROXY: '2' }, trustProxy, 2],
    [{ TRUST_PROXY: '10.0.0.0/8, ::1,loopback' }, trustProxy, ['10.0.0.0/8', '::1', 'loopback']],
    [{ RATE_LIMIT: 'off' }, (config) => config.rateLimits.general, null],
    [{ RATE_LIMIT: '5/10' }, (config) => config.rateLimits.general, { max: 5, windowMs: 10_000 }],
    [{ RATE_LIMIT_AUTH: 'off' }, (config) => config.rateLimits.guessing, null],
    [{ RATE_LIMIT_AUTH: '10/15m' }, (config) => config.rateLimits.guessing, { max: 10, windowMs: 900_000 }],
  ])
  refusesEach('CORS_ORIGINS', [
    '*',
    'https://*.example',
    'https://a.example/',
    'https://a.example:443',
    'a.example',
  ])
  refusesEach('CORS_ORIGINS', ['null', 'https://a.example/x', 'ftp://a.example', 'https://A.example'])
  refusesEach('TRUST_PROXY', ['yes', '10.0.0.0/33', '::/129', '10.0.0', '-1', '10.0.0.0/8,nobody'])
  refusesEach('RATE_LIMIT', ['0/1m', '10', '10/', '10/m', '10/1m/2', '10/2d', 'OFF'])
  refusesEach('RATE_LIMIT_AUTH', ['1m/10', '-1/1m', '10/500ms'])
})

describe('watching it', () => {
  understands([
    [{ METRICS_PORT: '9464' }, (config) => config.metrics, { port: 9464, token: null }],
    [{ METRICS_PORT: '0', PORT: '0' }, (config) => config.metrics.port, 0],
    [{ METRICS_TOKEN: GOOD_SECRET }, (config) => config.metrics, { port: null, token: GOOD_SECRET }],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' },
      (config) => config.tracesEndpoint,
      'http://collector:4318',
    ],
  ])
  refusesEach('METRICS_PORT', ['70000', 'x', '3000'])
  refusesEach('METRICS_TOKEN', ['fifteen-letters'])
  refusesEach('METRICS_TOKEN', ['change-me-change-me'], { NODE_ENV: 'production', JWT_SECRET: GOOD_SECRET })
  refusesEach('OTEL_EXPORTER_OTLP_ENDPOINT', ['collector:4318', 'grpc://collector:4317'])
})

describe('a service among others', () => {
  const warningsOf = (environment: Environment) => readConfig(environment).warnings.join('\n')
  const joined = { NATS_URL: 'nats://h', JWT_SECRET: GOOD_SECRET }

  it('T6 says what keeps services from trusting and knowing the same people', () => {
    const said: [Environment, RegExp][] = [
      [
        { ...joined, KARYA_MODULES: 'tasks', JWT_SECRET: '' },
        /^JWT_SECRET is not set: tokens signed outside/,
      ],
      [
        { ...joined, KARYA_MODULES: 'identity,shop', JWT_SECRET: '' },
        /^JWT_SECRET is not set: no other service/,
      ],
      [{ ...joined, KARYA_MODULES: 'tasks', NATS_URL: '' }, /^NATS_URL is not set/],
      [
        { ...joined, KARYA_MODULES: 'tasks', ADMIN_EMAIL: 'a@b.example', ADMIN_PASSWORD: 'long enough' },
        /^ADMIN_EMAIL is ignored/,
      ],
    ]
    for (const [environment, sentence] of said) assert.match(warningsOf(environment), sentence)
  })

  it('T6 says nothing where all is well, or where everything runs here', () => {
    for (const environment of [
      {},
      { NATS_URL: 'nats://h' },
      { KARYA_MODULES: 'identity,shop' },
      { ...joined, KARYA_MODULES: 'tasks' },
      {
        ...joined,
        KARYA_MODULES: 'identity,shop',
        ADMIN_EMAIL: 'a@b.example',
        ADMIN_PASSWORD: 'long enough',
      },
      { KARYA_MODULES: 'tasks', JWT_SECRET: GOOD_SECRET, KAFKA_BROKERS: 'h:9092' },
    ]) {
      assert.equal(warningsOf(environment), '')
    }
  })
})

describe('mail', () => {
  const sender = { MAIL_FROM: 'shop@example.com' }
  understands([
    [{ ...sender, SMTP_URL: 'smtp://u:p@h:587' }, (config) => config.mail.smtpUrl, 'smtp://u:p@h:587'],
    [{ ...sender, SMTP_URL: 'smtps://h' }, (config) => config.warnings, []],
    [
      { MAIL_FROM: 'Toko Karya <shop@example.com>' },
      (config) => config.mail.from,
      'Toko Karya <shop@example.com>',
    ],
  ])
  refusesEach('SMTP_URL', ['h:25', 'http://h', 'smtp://'], sender)
  refusesEach('MAIL_FROM', ['Karya', 'Karya <karya>', 'a@b\r\nBcc: c@d', 'Karya\r\nBcc: c@d <a@b>'])

  it('F20 warns of mail without a sender', () => {
    assert.match(readConfig({ SMTP_URL: 'smtp://h' }).warnings.join(), /^MAIL_FROM is not set/)
  })
})

describe('the configuration of webhooks', () => {
  const allowPrivate = (config: Config) => config.webhooks.allowPrivate
  understands([
    [{ WEBHOOKS_ALLOW_PRIVATE: 'true' }, allowPrivate, true],
    [{ WEBHOOKS_ALLOW_PRIVATE: 'off' }, allowPrivate, false],
  ])
  refusesEach('WEBHOOKS_ALLOW_PRIVATE', ['maybe', '10.0.0.0/8'])
})

describe('InvGate', () => {
  const base = { INVGATE_BASE_URL: 'https://desk.example/api/v1' }
  const basic = { INVGATE_USERNAME: 'api', INVGATE_PASSWORD: 'p' }
  const oauth = { INVGATE_CLIENT_ID: 'c', INVGATE_CLIENT_SECRET: 's' }
  const desk = {
    baseUrl: 'https://desk.example/api/v1',
    mode: 'sync',
    dialect: 'service-management',
    allowPrivate: false,
    requestsPerSecond: 3,
    pollSeconds: 15,
    place: { companyId: null, groupId: null },
    credentials: { kind: 'basic', username: 'api', password: 'p' },
  }
  const invgate = (config: Config) => config.invgate
  understands([
    [{ ...base, ...basic }, invgate, desk],
    [
      { ...base, ...oauth },
      invgate,
      { ...desk, credentials: { kind: 'oauth2', clientId: 'c', clientSecret: 's' } },
    ],
    [
      { ARMMADA_BASE_URL: 'https://desk.example/api/v1/', ARMMADA_USERNAME: 'api', ARMMADA_PASSWORD: 'p' },
      invgate,
      desk,
    ],
    [{ ...base, ...basic, ARMMADA_BASE_URL: 'bad', ARMMADA_PASSWORD: 'other' }, invgate, desk],
    [{ ...base, ...basic, INVGATE_MODE: 'deferred' }, invgate, { ...desk, mode: 'deferred' }],
    [{ ...base, ...basic, INVGATE_DIALECT: 'simple' }, invgate, { ...desk, dialect: 'simple' }],
    [{ ...base, ...basic, INVGATE_ALLOW_PRIVATE: 'true' }, invgate, { ...desk, allowPrivate: true }],
    [{ ...base, ...basic, INVGATE_REQUESTS_PER_SECOND: '20' }, invgate, { ...desk, requestsPerSecond: 20 }],
    [{ ...base, ...basic, INVGATE_POLL_SECONDS: '60' }, invgate, { ...desk, pollSeconds: 60 }],
    [
      { ...base, ...basic, INVGATE_COMPANY_ID: '7', ARMMADA_GROUP_ID: '3' },
      invgate,
      { ...desk, place: { companyId: 7, groupId: 3 } },
    ],
    [{ INVGATE_MODE: 'deferred' }, invgate, null],
  ])
  refusesEach(
    'INVGATE_BASE_URL',
    [
      'desk.example',
      'ftp://desk.example',
      'https://u@desk.example',
      'https://:p@desk.example',
      'https://d/?a=b',
    ],
    {
      ...basic,
    },
  )
  refusesEach('INVGATE_MODE', ['async'])
  refusesEach('INVGATE_DIALECT', ['Simple', 'v2'])
  refusesEach('INVGATE_ALLOW_PRIVATE', ['maybe'])
  refusesEach('INVGATE_REQUESTS_PER_SECOND', ['0', '1.5', 'many'])
  refusesEach('INVGATE_COMPANY_ID', ['0', '-1', '1.5', 'Karya'])
  refusesEach('INVGATE_GROUP_ID', ['0', '2147483648', 'x'])
  refusesEach('INVGATE_POLL_SECONDS', ['0', '1.5', '86401', 'often'])

  it('D4 asks for one whole pair of credentials beside the address', () => {
    assert.deepEqual(refused(base), ['INVGATE_BASE_URL'])
    assert.deepEqual(refused({ ...base, INVGATE_USERNAME: 'api' }), ['INVGATE_PASSWORD'])
    assert.deepEqual(refused({ ...base, ARMMADA_PASSWORD: 'p' }), ['INVGATE_USERNAME'])
    assert.deepEqual(refused({ ...base, INVGATE_CLIENT_ID: 'c' }), ['INVGATE_CLIENT_SECRET'])
    assert.deepEqual(refused({ ...base, INVGATE_CLIENT_SECRET: 's' }), ['INVGATE_CLIENT_ID'])
    assert.deepEqual(refused({ ...base, ...basic, ...oauth }), ['INVGATE_CLIENT_ID'])
  })

  it('D4 keeps tickets local without the address, and says that credentials are not used', () => {
    const config = readConfig(basic)
    assert.equal(config.invgate, null)
    assert.match(config.warnings.join(), /^INVGATE_BASE_URL is not set/)
  })

  it('F20 accepts ARMMADA_PAGE_KEY and ignores it with a warning', () => {
    const plain = readConfig({})
    const { warnings, ...rest } = readConfig({ ARMMADA_PAGE_KEY: 'eyJsYXN0X2lkIjoxMDAwfQ==' })
    assert.deepEqual({ ...rest, warnings: [] }, plain)
    assert.equal(warnings.length, 1)
    assert.match(warnings.join(), /^ARMMADA_PAGE_KEY is ignored/)
  })
})

describe('the .env file', () => {
  function folder(test: TestContext, text?: string): string {
    const path = mkdtempSync(join(tmpdir(), 'karya-config-'))
    test.after(() => rmSync(path, { recursive: true }))
    if (text !== undefined) writeFileSync(join(path, '.env'), text)
    return path
  }

  it('F2 reads .env outside production, under the process environment', (test) => {
    const path = folder(test, 'PORT=4000\nHOST="0.0.0.0" # everywhere\n#LOG_LEVEL=debug\n')
    const { http, logLevel } = readConfig(loadEnvironment(path, { PORT: '5000' }))
    assert.deepEqual([http.port, http.host, logLevel], [5000, '0.0.0.0', 'info'])
  })

  it('F2 does not read .env in production', (test) => {
    const path = folder(test, `JWT_SECRET=${GOOD_SECRET}`)
    assert.deepEqual(loadEnvironment(path, { NODE_ENV: 'production' }), { NODE_ENV: 'production' })
  })

  it('F2 goes by the rules of production when .env asks for it', (test) => {
    const environment = loadEnvironment(folder(test, 'NODE_ENV=production'), {})
    assert.throws(() => readConfig(environment), /JWT_SECRET/)
  })

  it('F2 does without a .env', (test) => {
    assert.deepEqual(loadEnvironment(folder(test), { PORT: '1' }), { PORT: '1' })
  })
})
