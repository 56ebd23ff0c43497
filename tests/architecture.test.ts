import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { describe, it } from 'node:test'

/**
 * Who may import whom (design §2): main → app → modules → platform, never upward. Modules meet only through events,
 * `people`, or where a row of this table allows the door of another module.
 */
const ALLOWED_DOORS: Readonly<Record<string, readonly string[]>> = {}

/** A copy of the users kept from events, for everybody but identity. */
const COPY_OF_USERS = 'people'
/** Nobody needs them: they only listen. */
const ONLY_LISTEN = ['notifications', 'activity', 'webhooks']
const MAX_LINES = 300
const SHORT_FILES: Readonly<Record<string, number>> = { 'server/main.ts': 60, 'server/app.ts': 150 }

type Import = { readonly file: string; readonly specifier: string }

const IMPORT =
  /^(?:import|export)\s+(?:type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

const files = globSync('server/**/*.ts').map((file) => file.split(sep).join('/'))
const sources = files.filter((file) => !file.endsWith('.test.ts'))
const imports = sources.flatMap(importsOf)

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8')
  return Array.from(text.matchAll(IMPORT), (match) => ({
    file,
    specifier: match[1] ?? match[2] ?? '',
  }))
}

/** The file or folder that an import of our own leads to, from the root of the project. */
function targetOf({ file, specifier }: Import): string | null {
  if (specifier.startsWith('#platform/')) return `server/platform/${specifier.slice('#platform/'.length)}.ts`
  if (specifier.startsWith('#modules/'))
    return `server/modules/${specifier.slice('#modules/'.length)}/index.ts`
  if (specifier.startsWith('.'))
    return normalize(join(dirname(file), specifier))
      .split(sep)
      .join('/')
  return null
}

function layerOf(path: string): 'main' | 'app' | 'modules' | 'platform' | 'migrations' {
  if (path.startsWith('server/platform/')) return 'platform'
  if (path.startsWith('server/modules/')) return 'modules'
  if (path.startsWith('server/migrations/')) return 'migrations'
  if (path.startsWith('server/cli/') || path === 'server/main.ts') return 'main'
  return 'app'
}

const MAY_IMPORT = {
  main: ['main', 'app', 'modules', 'platform', 'migrations'],
  app: ['app', 'modules', 'platform', 'migrations'],
  modules: ['modules', 'platform'],
  migrations: ['migrations', 'platform'],
  platform: ['platform'],
} as const

function moduleOf(path: string): string | null {
  return /^server\/modules\/([^/]+)\//.exec(path)?.[1] ?? null
}

function isTrespassing(each: Import): boolean {
  const target = targetOf(each)
  const from = moduleOf(each.file)
  const to = target === null ? null : moduleOf(target)
  if (from === null || to === null || from === to) return false
  const isDoor = target === `server/modules/${to}/index.ts`
  const isAllowed = (to === COPY_OF_USERS && from !== 'identity') || (ALLOWED_DOORS[from] ?? []).includes(to)
  return !isDoor || !isAllowed || ONLY_LISTEN.includes(to)
}

function list(found: readonly Import[]): string[] {
  return found.map(({ file, specifier }) => `${file} imports ${specifier}`)
}

describe('the architecture', () => {
  it('finds the sources that it checks', () => {
    assert.ok(sources.length > 20, `only ${sources.length} files`)
    assert.ok(imports.length > 100, `only ${imports.length} imports`)
  })

  it('lets every layer import only what lies below it', () => {
    const upward = imports.filter((each) => {
      const target = targetOf(each)
      return target !== null && !MAY_IMPORT[layerOf(each.file)].some((layer) => layer === layerOf(target))
    })
    assert.deepEqual(list(upward), [])
  })

  it('lets a module enter another one only by its door, and only where the table allows it', () => {
    assert.deepEqual(list(imports.filter(isTrespassing)), [])
  })

  it('lets the wiring enter a module only by its door', () => {
    const deep = imports.filter((each) => {
      const target = targetOf(each)
      const to = target === null ? null : moduleOf(target)
      return moduleOf(each.file) === null && to !== null && target !== `server/modules/${to}/index.ts`
    })
    assert.deepEqual(list(deep), [])
  })

  it('gives no name by which a deep import could work', async () => {
    const deep = '#modules/shop/place-order'
    await assert.rejects(import(deep), { code: 'ERR_MODULE_NOT_FOUND' })
    const found = list(
      [{ file: 'server/modules/identity/x.ts', specifier: '../shop/pricing.ts' }].filter(isTrespassing),
    )
    assert.deepEqual(found, ['server/modules/identity/x.ts imports ../shop/pricing.ts'])
  })

  it('reaches out of a module by the names in package.json, never by a path upward', () => {
    const upward = imports.filter(
      ({ file, specifier }) => moduleOf(file) !== null && specifier.startsWith('../'),
    )
    assert.deepEqual(list(upward), [])
  })

  it('reads the environment in one place only', () => {
    const readers = sources.filter((file) => /process\.env\b(?!`)/.test(readFileSync(file, 'utf8')))
    assert.deepEqual(
      readers.filter((file) => file !== 'server/main.ts'),
      [],
    )
  })

  it('has no folder for things without a name, and no file that does too much', () => {
    assert.deepEqual(
      files.filter((file) => /\/(utils?|helpers?|common)\b/.test(file)),
      [],
    )
    const long = sources.filter((file) => {
      const lines = readFileSync(file, 'utf8').split('\n').length - 1
      return lines > (SHORT_FILES[file] ?? MAX_LINES)
    })
    assert.deepEqual(long, [])
  })

  it('knows the clauses that every module proves', () => {
    for (const module of new Set(sources.map(moduleOf).filter((name) => name !== null))) {
      const tests = files.filter((file) => moduleOf(file) === module && file.endsWith('.test.ts'))
      assert.ok(tests.length > 0, `the module ${module} has no tests`)
    }
  })
})
