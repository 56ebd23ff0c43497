#!/usr/bin/env node
/**
 * The launcher: any Node from 18 on can run it, with nothing installed.
 * It provides the Node that the server needs, installs the dependencies when they are missing or older
 * than the lockfile, and goes on under that Node. Each step that takes time says one line.
 *
 *   node karya.mjs [serve|migrate|admin|…]   the command line of the server
 *   node karya.mjs --run FILE [ARGUMENT…]    any file of the project under the same Node
 */
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const NODE_VERSION = '24.21.0'
const OLDEST_MAJOR = 24

/** sha512 of the registry's package `node-<os>-<cpu>` at NODE_VERSION; an answer that differs is refused. */
const NODE_PACKAGES = {
  'linux-x64':
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'linux-arm64':
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  'win-x64':
    'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
}

const startedBy = process.ppid
const root = dirname(fileURLToPath(import.meta.url))
const runtime = join(root, '.runtime')

function say(line) {
  process.stderr.write(`karya: ${line}\n`)
}

function stop(line) {
  say(line)
  process.exit(1)
}

/** npm is a script that runs under the Node it finds first on PATH. */
function npm(args, nodeDirectory) {
  const environment = { ...process.env, PATH: `${nodeDirectory}${delimiter}${process.env.PATH ?? ''}` }
  return execFileSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** The path of a Node that is new enough: this one, the one fetched before, or one fetched now. */
function provideNode() {
  if (Number(process.versions.node.split('.')[0]) >= OLDEST_MAJOR) return process.execPath
  const home = join(runtime, `node-${NODE_VERSION}`)
  const executable = process.platform === 'win32' ? join(home, 'bin', 'node.exe') : join(home, 'bin', 'node')
  if (existsSync(executable)) return executable

  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const expected = NODE_PACKAGES[platform]
  if (!expected) {
    stop(
      `this is Node ${process.versions.node}; please install Node ${OLDEST_MAJOR} or newer for ${platform}`,
    )
  }
  say(`this is Node ${process.versions.node}; fetching Node ${NODE_VERSION} into .runtime`)
  mkdirSync(runtime, { recursive: true })
  const workshop = mkdtempSync(join(runtime, 'fetch-'))
  try {
    npm(
      ['pack', `node-${platform}@${NODE_VERSION}`, '--pack-destination', workshop],
      dirname(process.execPath),
    )
    const archive = join(workshop, `node-${platform}-${NODE_VERSION}.tgz`)
    const actual = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
    if (actual !== expected)
      stop(`the fetched node-${platform} is not the one we know (${actual}); nothing was installed`)
    execFileSync('tar', ['-xzf', archive, '-C', workshop])
    // A rename is atomic, so two launchers at once leave one whole Node.
    if (!existsSync(executable)) renameSync(join(workshop, 'package'), home)
  } catch (error) {
    if (!existsSync(executable))
      stop(`could not fetch Node ${NODE_VERSION}: ${String(error.stderr || error.message).trim()}`)
  } finally {
    rmSync(workshop, { recursive: true, force: true })
  }
  return executable
}

/** npm writes node_modules/.package-lock.json last, so its age tells whether an install was completed. */
function provideDependencies(node) {
  const installed = join(root, 'node_modules', '.package-lock.json')
  const lockfile = join(root, 'package-lock.json')
  if (
    existsSync(installed) &&
    (!existsSync(lockfile) || statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs)
  )
    return
  say('installing the dependencies (npm ci)')
  try {
    npm(['ci', '--no-audit', '--no-fund'], dirname(node))
  } catch (error) {
    stop(`npm ci failed: ${String(error.stderr || error.message).trim()}`)
  }
}

const node = provideNode()
provideDependencies(node)

const [first, ...rest] = process.argv.slice(2)
const target =
  first === '--run'
    ? rest
    : [join(root, 'server', 'main.ts'), ...(first === undefined ? [] : [first, ...rest])]
const child = spawn(node, target, {
  stdio: 'inherit',
  env: { NODE_COMPILE_CACHE: join(runtime, 'compile-cache'), ...process.env },
})
// A signal sent to the launcher alone must reach the server; one sent to the whole terminal group reaches it anyway.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) child.kill('SIGINT')
})
// npm runs us in a shell that ends at a signal without passing it on; the change of our parent tells of it.
if (process.env.npm_lifecycle_event) {
  const watch = setInterval(() => {
    if (process.ppid === startedBy) return
    clearInterval(watch)
    child.kill('SIGTERM')
  }, 500)
  watch.unref()
}
child.on('error', (error) => stop(`could not start ${node}: ${error.message}`))
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1)
})
