/**
 * Programs of Debian's packages: where they are, how they are installed, and under which account they run.
 */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'

const POSTGRES_VERSIONS = '/usr/lib/postgresql'
const POLICY = '/usr/sbin/policy-rc.d'
const KEPT_POLICY = `${POLICY}.before-karya`
const OUR_POLICY = '#!/bin/sh\n# Put here by tools/services.mjs while it installs packages.\nexit 101\n'
const INSTALL_TIMEOUT_MS = 15 * 60_000

const isRoot = process.getuid?.() === 0

/** Debian keeps the servers of PostgreSQL outside PATH, one folder a version; the newest comes first. */
function postgresFolders() {
  if (!existsSync(POSTGRES_VERSIONS)) return []
  const versions = readdirSync(POSTGRES_VERSIONS).sort((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(POSTGRES_VERSIONS, version, 'bin'))
}

/** The path of a program, or undefined when it is not installed. */
export function findProgram(name) {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const folders = [...postgresFolders(), ...path, '/usr/sbin', '/usr/bin']
  return folders.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate))
}

/**
 * Runs a program to its end and returns what it printed; what it complained of becomes the error's message.
 */
export function run(program, args, { timeoutMs = 60_000, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const settings = { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024, ...options }
    execFile(program, args, settings, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      const complaint = `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n')
      const reason = error.killed ? `took longer than ${timeoutMs / 1_000} s` : `failed (${error.code})`
      return reject(new Error(`${program} ${reason}\n${complaint}`))
    })
  })
}

/** Database servers refuse to run as root, so root runs them under the account their package made. */
export async function findAccount(name) {
  if (!isRoot || !name) return {}
  const uid = Number(await run('id', ['-u', name]))
  const gid = Number(await run('id', ['-g', name]))
  return { uid, gid }
}

/** The packages, each once, whose programs are missing for these services. */
export function findMissingPackages(services) {
  const missing = services
    .flatMap((service) => Object.entries(service.programs))
    .filter(([program]) => !findProgram(program))
  return [...new Set(missing.map(([, packageName]) => packageName))]
}

export function canInstallPackages() {
  return isRoot && existsSync('/etc/debian_version') && findProgram('apt-get') !== undefined
}

/** Debian starts what it installs, on the usual ports, unless this script forbids it. */
async function withServicesKeptFromStarting(install) {
  if (existsSync(KEPT_POLICY)) renameSync(KEPT_POLICY, POLICY)
  const isForeign = existsSync(POLICY) && readFileSync(POLICY, 'utf8') !== OUR_POLICY
  if (isForeign) renameSync(POLICY, KEPT_POLICY)
  writeFileSync(POLICY, OUR_POLICY, { mode: 0o755 })
  // The terminal sends Ctrl-C to apt-get as well; we outlive it to put the machine's own script back.
  const stayAlive = () => {}
  process.on('SIGINT', stayAlive)
  process.on('SIGTERM', stayAlive)
  try {
    await install()
  } finally {
    if (isForeign) renameSync(KEPT_POLICY, POLICY)
    else rmSync(POLICY)
    process.off('SIGINT', stayAlive)
    process.off('SIGTERM', stayAlive)
  }
}

export async function installPackages(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const settings = { env, timeoutMs: INSTALL_TIMEOUT_MS }
  await run('apt-get', ['update', '-qq'], settings)
  const options = ['-qq', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300']
  await withServicesKeptFromStarting(() => run('apt-get', ['install', ...options, ...packages], settings))
}
