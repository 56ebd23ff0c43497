import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'node:test'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'

/** A kind of place to keep things in, and how a test gets an empty one. */
export type Backend = {
  readonly name: string
  readonly engine: 'sqlite' | 'postgres' | 'mysql'
  /** Why this one cannot be used here; null when it can. */
  readonly missing: string | null
  readonly create: () => Promise<Place>
}

/** One empty database, and a cache beside it or none. */
export type Place = {
  /** `DATABASE_URL`, `DATA_DIR`, and `REDIS_URL` where there is one. */
  readonly environment: Readonly<Record<string, string>>
  readonly remove: () => Promise<void>
}

const { TEST_POSTGRES_URL, TEST_MYSQL_URL, TEST_REDIS_URL } = process.env

/** Every engine, each without Redis and with it. */
export const pairs: readonly Backend[] = [
  { name: 'SQLite', engine: 'sqlite', missing: null, create: async () => await createSqlite() },
  {
    name: 'SQLite and Redis',
    engine: 'sqlite',
    missing: absent({ TEST_REDIS_URL }),
    create: async () => withRedis(await createSqlite()),
  },
  {
    name: 'PostgreSQL',
    engine: 'postgres',
    missing: absent({ TEST_POSTGRES_URL }),
    create: async () => await createPostgres(TEST_POSTGRES_URL ?? ''),
  },
  {
    name: 'PostgreSQL and Redis',
    engine: 'postgres',
    missing: absent({ TEST_POSTGRES_URL, TEST_REDIS_URL }),
    create: async () => withRedis(await createPostgres(TEST_POSTGRES_URL ?? '')),
  },
  {
    name: 'MariaDB',
    engine: 'mysql',
    missing: absent({ TEST_MYSQL_URL }),
    create: async () => await createMysql(TEST_MYSQL_URL ?? ''),
  },
  {
    name: 'MariaDB and Redis',
    engine: 'mysql',
    missing: absent({ TEST_MYSQL_URL, TEST_REDIS_URL }),
    create: async () => withRedis(await createMysql(TEST_MYSQL_URL ?? '')),
  },
]

/** Every engine, and the cache in memory as well as in Redis, for most tests. */
export const backends: readonly Backend[] = pairs.filter(
  ({ name }) => name !== 'PostgreSQL' && name !== 'MariaDB and Redis',
)

/** One of each engine, for what does not depend on the cache. */
export const engines = backends.filter(({ name }) => name !== 'SQLite and Redis')

/** Runs the same tests once for each; what is not there is skipped and says why. */
export function onEach(list: readonly Backend[], title: string, define: (backend: Backend) => void): void {
  for (const backend of list) {
    describe(`${title} (${backend.name})`, { skip: backend.missing ?? false }, () => define(backend))
  }
}

function absent(needed: Readonly<Record<string, string | undefined>>): string | null {
  const names = Object.keys(needed).filter((name) => !needed[name])
  return names.length === 0 ? null : `${names.join(' and ')} not set; see node tools/services.mjs env`
}

async function createSqlite(): Promise<Place> {
  const folder = await createFolder()
  return {
    environment: { DATABASE_URL: `sqlite:${join(folder.path, 'karya.db')}`, DATA_DIR: folder.path },
    remove: folder.remove,
  }
}

/** For the mail that is not sent, besides SQLite's own file. */
async function createFolder(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'karya-test-'))
  return { path, remove: async () => await rm(path, { recursive: true, force: true }) }
}

async function createPostgres(server: string): Promise<Place> {
  const name = databaseName()
  const folder = await createFolder()
  await askPostgres(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    environment: { DATABASE_URL: url.href, DATA_DIR: folder.path },
    async remove() {
      await askPostgres(server, `drop database ${name} with (force)`)
      await folder.remove()
    },
  }
}

async function askPostgres(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

async function createMysql(server: string): Promise<Place> {
  const name = databaseName()
  const folder = await createFolder()
  await askMysql(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    environment: { DATABASE_URL: url.href, DATA_DIR: folder.path },
    async remove() {
      await askMysql(server, `drop database ${name}`)
      await folder.remove()
    },
  }
}

async function askMysql(url: string, statement: string): Promise<void> {
  const connection = await createConnection(url)
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}

function withRedis({ environment, remove }: Place): Place {
  return { environment: { ...environment, REDIS_URL: TEST_REDIS_URL ?? '' }, remove }
}

function databaseName(): string {
  return `karya_test_${randomBytes(6).toString('hex')}`
}
