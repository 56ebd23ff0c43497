import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { RowDataPacket } from 'mysql2'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { mariadb } from '../../tools/services/mariadb.mjs'
import { postgres } from '../../tools/services/postgres.mjs'
import { findAccount, findProgram } from '../../tools/services/programs.mjs'
import type { Place } from './backends.ts'
import { freePort } from './server-process.ts'

/** A database server of the test's own, to be stopped and hung without disturbing anybody. */
export type DatabaseProcess = {
  readonly place: Place
  /** SIGSTOP and SIGCONT reach all its processes. */
  readonly kill: (signal: NodeJS.Signals) => void
  /** Ends it as an operator would, leaves it down for a while, and starts it with what it had. */
  readonly restart: (downMs: number) => Promise<void>
  /** Has the server end every connection but the one that asks for it. */
  readonly endConnections: () => Promise<void>
}

const ENGINES = {
  postgres: { service: postgres, stopSignal: 'SIGINT', endConnections: endPostgres },
  mysql: { service: mariadb, stopSignal: 'SIGTERM', endConnections: endMysql },
} as const

export type ServerEngine = keyof typeof ENGINES

/** Why there can be no server of the test's own; null when there can. */
export function databaseMissing(engine: ServerEngine): string | null {
  const missing = Object.keys(ENGINES[engine].service.programs).filter((name) => !findProgram(name))
  return missing.length === 0 ? null : `there is no ${missing.join(' and no ')} on this machine`
}

export async function startDatabaseProcess(engine: ServerEngine): Promise<DatabaseProcess> {
  const { service, stopSignal, endConnections } = ENGINES[engine]
  const account = process.getuid?.() === 0 ? await findAccount(service.account) : {}
  const home = await mkdtemp(join(tmpdir(), `karya-${engine}-`))
  if (account.uid !== undefined && account.gid !== undefined) await chown(home, account.uid, account.gid)
  await service.prepare({ home, account })
  const port = await freePort()
  const address = service.address(port)
  let child = await start()

  async function start(): Promise<ChildProcess> {
    const [program, args] = service.command({ home, port })
    const started = spawn(program, args, { cwd: home, stdio: 'ignore', ...account })
    for (let tries = 0; tries < 300; tries += 1) {
      if (
        await service.answers(address).then(
          () => true,
          () => false,
        )
      )
        return started
      if (started.exitCode !== null) break
      await delay(100)
    }
    throw new Error(`${program} did not start`)
  }

  /** PostgreSQL has a process for each connection, and its first process starts no new one once it is stopped. */
  function kill(signal: NodeJS.Signals): void {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    for (const pid of childrenOf(child.pid)) signalIfThere(pid, signal)
  }

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  async function remove(): Promise<void> {
    kill('SIGCONT')
    await stop('SIGKILL')
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }

  const url = new URL(address)
  url.pathname = '/karya'
  await ask(engine, address, 'create database karya').catch(async (error: unknown) => {
    await remove()
    throw error
  })
  return {
    place: {
      environment: { DATABASE_URL: url.href },
      remove,
    },
    kill,
    async restart(downMs) {
      await stop(stopSignal)
      await delay(downMs)
      child = await start()
    },
    endConnections: async () => await endConnections(address),
  }
}

/** A process of one connection may end between the look at the list and its turn. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** As Linux tells it; elsewhere none are known. */
function childrenOf(parent: number): number[] {
  const folder = '/proc'
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return []
    try {
      const stat = readFileSync(join(folder, entry, 'stat'), 'utf8')
      const [, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return Number(ppid) === parent ? Number(entry) : []
    } catch {
      // It has ended meanwhile.
      return []
    }
  })
}

async function ask(engine: ServerEngine, address: string, statement: string): Promise<void> {
  if (engine === 'postgres') {
    const client = new Client({ connectionString: address })
    await client.connect()
    await client.query(statement)
    await client.end()
    return
  }
  const connection = await createConnection(address)
  await connection.query(statement)
  await connection.end()
}

async function endPostgres(address: string): Promise<void> {
  await ask(
    'postgres',
    address,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'karya' and pid <> pg_backend_pid()`,
  )
}

async function endMysql(address: string): Promise<void> {
  const connection = await createConnection(address)
  const [rows] = await connection.query<({ id: number } & RowDataPacket)[]>(
    `select id from information_schema.processlist where db = 'karya'`,
  )
  for (const { id } of rows) await connection.query(`kill ${id}`).catch(() => {})
  await connection.end()
}
