import { chownSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { LOOPBACK } from './network.mjs'
import { findProgram, run } from './programs.mjs'

/** Runs one statement; the password goes through the environment, where other accounts cannot see it. */
async function query(address, sql) {
  const { hostname, port, username, password } = new URL(address)
  const env = { ...process.env, MYSQL_PWD: decodeURIComponent(password) }
  const server = ['--protocol=tcp', `--host=${hostname}`, `--port=${port || 3306}`, '--connect-timeout=2']
  const args = ['--no-defaults', ...server, `--user=${decodeURIComponent(username)}`, '--execute', sql]
  return await run(findProgram('mariadb') ?? 'mariadb', args, { env, timeoutMs: 10_000 })
}

export const mariadb = {
  name: 'mariadb',
  title: 'MariaDB',
  variable: 'TEST_MYSQL_URL',
  programs: {
    mariadbd: 'mariadb-server',
    'mariadb-install-db': 'mariadb-server',
    mariadb: 'mariadb-client',
  },
  account: 'mysql',
  firstPort: 53_306,
  usualAddresses: [
    'mysql://karya:karya@127.0.0.1:3306/',
    'mysql://root:root@127.0.0.1:3306/',
    'mysql://root@127.0.0.1:3306/',
  ],

  address: (port) => `mysql://karya:karya@${LOOPBACK}:${port}/`,

  async answers(address) {
    await query(address, 'select 1')
  },

  async suitsTests(address) {
    const name = `karya_probe_${process.pid}`
    await query(address, `create database ${name}; drop database ${name}`)
  },

  /**
   * The tables are made beside their place and then renamed, so that a broken attempt is never taken for
   * them.
   */
  async prepare({ home, account }) {
    const data = join(home, 'data')
    if (existsSync(data)) return
    const unfinished = `${data}.new`
    const usersFile = join(home, 'users.sql')
    rmSync(unfinished, { recursive: true, force: true })
    const args = ['--no-defaults', `--datadir=${unfinished}`, '--auth-root-authentication-method=normal']
    await run(findProgram('mariadb-install-db'), [...args, '--skip-test-db'], { cwd: home, ...account })
    writeFileSync(
      usersFile,
      [
        "create user if not exists karya@'%' identified by 'karya';",
        "grant all privileges on *.* to karya@'%' with grant option;",
      ].join('\n'),
    )
    if (account.uid !== undefined) chownSync(usersFile, account.uid, account.gid)
    renameSync(unfinished, data)
  },

  /**
   * Nothing is forced to the disk at a commit: the tests kill Karya, and at times a server, but never the
   * machine, and what a process has written survives its end. Names are not resolved, so that a login from
   * this machine is `karya@'%'` and not the anonymous one of `localhost`. The socket's path is relative,
   * for it may be 107 bytes long.
   */
  command({ home, port }) {
    const options = {
      datadir: join(home, 'data'),
      'init-file': join(home, 'users.sql'),
      'bind-address': LOOPBACK,
      port,
      socket: 'mariadb.sock',
      'pid-file': 'mariadb.pid',
      'character-set-server': 'utf8mb4',
      'max-connections': 500,
      'innodb-flush-log-at-trx-commit': 2,
      'innodb-doublewrite': 0,
      'innodb-buffer-pool-size': '256M',
      'skip-name-resolve': 1,
      'skip-log-bin': 1,
    }
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
    return [findProgram('mariadbd'), ['--no-defaults', ...args]]
  },
}
