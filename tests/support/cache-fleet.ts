import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { sql } from 'kysely'
import { HOP_MS } from '#platform/cache/change-watch'
import { migrate } from '#platform/database/migrate'
import { openDatabase } from '#platform/database/open'
import { systemIds } from '#platform/id'
import { createLog } from '#platform/telemetry/log'
import { readConfig } from '../../server/config.ts'
import { migrations } from '../../server/migrations/index.ts'
import type { Backend } from './backends.ts'
import type { CacheTables } from './cache-scene.ts'

export type Acknowledged = { readonly id: string; readonly version: number; readonly at: number }
/** `at` is when it was asked for. */
export type Read = Acknowledged & { readonly isHit: boolean }

export type WorkCommand = {
  readonly ids: readonly string[]
  readonly operations: number
  readonly writers: number
  readonly readers: number
  /** Whether a copy is kept although it was read before the last change: the mistake that must be found. */
  readonly isFaulty: boolean
}
export type StampedeCommand = { readonly id: string; readonly readers: number }
export type CacheCommand =
  | ({ readonly name: 'work' } & WorkCommand)
  | ({ readonly name: 'stampede' } & StampedeCommand)
  | { readonly name: 'read'; readonly ids: readonly string[] }
  | { readonly name: 'stop' }

export type CacheReport = {
  readonly acknowledged: readonly Acknowledged[]
  readonly reads: readonly Read[]
  readonly failures: readonly string[]
  /** That asked for records. */
  readonly statements: number
  readonly stale: number
  readonly hits: number
  readonly loads: number
}

export type CacheFleet = {
  readonly ids: readonly string[]
  /** Has every process do the same at once. */
  readonly each: (command: CacheCommand) => Promise<CacheReport[]>
  readonly versions: () => Promise<ReadonlyMap<string, number>>
  readonly remove: () => Promise<void>
}

type FleetOptions = {
  readonly processes: number
  readonly records: number
  /** Besides those of the backend. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Processes with a cache each, on one database with some records. */
export async function startCacheFleet(
  backend: Backend,
  { processes, records, environment = {} }: FleetOptions,
): Promise<CacheFleet> {
  const place = await backend.create()
  const variables = { ...place.environment, ...environment }
  const database = await openDatabase({
    ...readConfig(variables).database,
    log: createLog({ level: 'silent' }),
  })
  await migrate(database.db, migrations)
  const db = database.db.withTables<CacheTables>()
  await sql`create table cached_records (id varchar(36) primary key, version bigint not null)`.execute(db)
  const ids = Array.from({ length: records }, () => systemIds.next())
  await db
    .insertInto('cached_records')
    .values(ids.map((id) => ({ id, version: 1 })))
    .execute()
  const children: ChildProcess[] = []
  for (let index = 0; index < processes; index += 1) children.push(await start(variables))

  return {
    ids,
    each: async (command) => await Promise.all(children.map(async (child) => await tell(child, command))),
    async versions() {
      const rows = await db.selectFrom('cached_records').selectAll().execute()
      return new Map(rows.map(({ id, version }) => [id, version]))
    },
    async remove() {
      for (const child of children) {
        const ended = once(child, 'exit')
        child.send({ name: 'stop' } satisfies CacheCommand)
        const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
        await ended
        clearTimeout(timer)
      }
      await database.close()
      await place.remove()
    },
  }
}

async function start(environment: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const child = fork('tests/support/cache-process.ts', {
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', ...environment },
  })
  await heardFrom(child)
  return child
}

async function tell(child: ChildProcess, command: CacheCommand): Promise<CacheReport> {
  const report = heardFrom(child)
  child.send(command)
  return await report
}

async function heardFrom(child: ChildProcess): Promise<CacheReport> {
  const { promise, resolve, reject } = Promise.withResolvers<CacheReport>()
  child.once('message', resolve)
  const fail = (code: number | null): void => reject(new Error(`a process ended with ${code}`))
  child.once('exit', fail)
  try {
    return await promise
  } finally {
    child.off('message', resolve)
    child.off('exit', fail)
  }
}

/** Reads that showed something older than they had to (S2): at once in the process that wrote, elsewhere in a hop. */
export function findStaleReads(reports: readonly CacheReport[]): string[] {
  const violations: string[] = []
  for (const [reader, { reads }] of reports.entries()) {
    const due = new Map<string, { readonly at: number; readonly version: number }[]>()
    for (const [writer, { acknowledged }] of reports.entries()) {
      for (const { id, version, at } of acknowledged) {
        const list = due.get(id) ?? []
        due.set(id, list)
        list.push({ version, at: writer === reader ? at : at + HOP_MS })
      }
    }
    const least = new Map(Array.from(due, ([id, list]) => [id, createLeast(list)]))
    for (const { id, version, at, isHit } of reads) {
      const needed = least.get(id)?.(at) ?? 1
      if (version < needed) {
        const how = isHit ? 'from a copy' : 'from the database'
        violations.push(`process ${reader} showed version ${version} of ${id} ${how}, not ${needed}`)
      }
    }
  }
  return violations
}

/** The version that has to be shown at a time. */
function createLeast(due: { readonly at: number; readonly version: number }[]): (at: number) => number {
  const sorted = due.toSorted((a, b) => a.at - b.at)
  let highest = 0
  const steps = sorted.map(({ at, version }) => {
    highest = Math.max(highest, version)
    return { at, highest }
  })
  return (at) => {
    let low = 0
    let high = steps.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((steps[middle]?.at ?? 0) <= at) low = middle + 1
      else high = middle
    }
    return steps[low - 1]?.highest ?? 1
  }
}
