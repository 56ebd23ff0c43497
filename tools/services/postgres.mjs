import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { LOOPBACK } from './network.mjs'
import { isRunning } from './processes.mjs'
import { findProgram, run } from './programs.mjs'

/**
 * A killed server leaves its pid file, and refuses to start beside it while that number is still known to
 * the system, as it is until the init process takes note of the end.
 */
function removeStalePidFile(home) {
  const pidFile = join(home, 'data', 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const [pid] = readFileSync(pidFile, 'utf8').split('\n')
  if (!isRunning({ pid, home })) rmSync(pidFile)
}

/** Runs one statement; the password goes through the environment, where other accounts cannot see it. */
async function query(address, sql) {
  const url = new URL(address)
  const env = { ...process.env, PGPASSWORD: decodeURIComponent(url.password), PGCONNECT_TIMEOUT: '2' }
  url.password = ''
  const args = ['--no-psqlrc', '--no-password', '--quiet', '--dbname', url.href, '--command', sql]
  return await run(findProgram('psql') ?? 'psql', args, { env, timeoutMs: 10_000 })
}

export const postgres = {
  name: 'postgres',
  title: 'PostgreSQL',
  variable: 'TEST_POSTGRES_URL',
  programs: { initdb: 'postgresql', postgres: 'postgresql', psql: 'postgresql' },
  account: 'postgres',
  firstPort: 55_432,
  usualAddresses: [
    'postgres://karya:karya@127.0.0.1:5432/postgres',
    'postgres://postgres:postgres@127.0.0.1:5432/postgres',
  ],
  // SIGTERM would wait until every client has gone.
  stopSignal: 'SIGINT',

  address: (port) => `postgres://karya:karya@${LOOPBACK}:${port}/postgres`,

  async answers(address) {
    await query(address, 'select 1')
  },

  async suitsTests(address) {
    const name = `karya_probe_${process.pid}`
    await query(address, `create database ${name}`)
    await query(address, `drop database ${name}`)
  },

  /**
   * The cluster is made beside its place and then renamed, so that a broken attempt is never taken for one.
   */
  async prepare({ home, account }) {
    const data = join(home, 'data')
    if (existsSync(data)) return removeStalePidFile(home)
    const unfinished = `${data}.new`
    const passwordFile = join(home, 'password')
    rmSync(unfinished, { recursive: true, force: true })
    writeFileSync(passwordFile, 'karya\n', { mode: 0o600 })
    if (account.uid !== undefined) chownSync(passwordFile, account.uid, account.gid)
    const settings = ['--username=karya', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8']
    const args = [...settings, '--no-sync', `--pwfile=${passwordFile}`, '-D', unfinished]
    await run(findProgram('initdb'), args, { cwd: home, ...account })
    rmSync(passwordFile)
    renameSync(unfinished, data)
  },

  /**
   * Nothing is forced to the disk: the tests kill Karya, and at times a server, but never the machine, and
   * what a process has written survives its end.
   */
  command({ home, port }) {
    const settings = {
      listen_addresses: LOOPBACK,
      unix_socket_directories: '',
      max_connections: 500,
      fsync: 'off',
      full_page_writes: 'off',
    }
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    return [findProgram('postgres'), ['-D', join(home, 'data'), '-p', String(port), ...options]]
  },
}
