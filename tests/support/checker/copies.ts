import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { openDatabase } from '#platform/database/open'
import type { PlatformTables } from '#platform/database/tables'
import { createLog } from '#platform/telemetry/log'
import { backends } from '../backends.ts'
import { check, type Subject } from './check.ts'
import { gather, type LogRow } from './evidence.ts'
import type { Invariant, Violation } from './violation.ts'
import { makeWorld } from './world.ts'

/** A copy of a database in which nothing is wrong, for a test to break. */
export type Copy = {
  readonly folder: string
  readonly file: string
  readonly log: readonly LogRow[]
  readonly installation: string
  readonly db: Kysely<PlatformTables>
  readonly change: (...statements: readonly string[]) => Promise<void>
  readonly examine: (more?: Omit<Subject, 'environment'>) => Promise<readonly Violation[]>
  readonly close: () => Promise<void>
}

export type Original = { readonly copy: () => Promise<Copy>; readonly remove: () => Promise<void> }

const pool = { max: 2, idleMs: 1_000, lifetimeMs: 60_000, acquireTimeoutMs: 5_000 }

/** What the consumer and the timers of the tests leave behind, besides those of the server. */
const TOYS = {
  listeners: [{ name: 'toy', types: ['product.*'] }],
  effects: [{ consumer: 'toy', table: 'toy_effects', event: 'event_id' }],
  timerEffects: 'toy_endings',
}

export async function makeOriginal(): Promise<Original> {
  const [embedded] = backends
  assert.ok(embedded)
  const folder = await mkdtemp(join(tmpdir(), 'karya-checker-'))
  const original = join(folder, 'whole.db')
  const { app } = await makeWorld(embedded)
  await addToys(app.db)
  await sql`vacuum into ${sql.lit(original)}`.execute(app.db)
  await app.stop()

  return {
    async copy() {
      const file = join(folder, `${randomUUID()}.db`)
      await copyFile(original, file)
      const { db, close } = await openDatabase({
        address: { engine: 'sqlite', file },
        pool,
        log: createLog({ level: 'silent' }),
      })
      const { log, installation } = await gather(db, { isSettled: true })
      return {
        folder,
        file,
        log,
        installation: installation ?? '',
        db,
        close,
        async change(...statements) {
          for (const statement of statements) await sql`${sql.raw(statement)}`.execute(db)
        },
        examine: async (more = {}) =>
          await check({ environment: { DATABASE_URL: `sqlite:${file}` }, ...TOYS, ...more }),
      }
    },
    remove: async () => await rm(folder, { recursive: true, force: true }),
  }
}

async function addToys(db: Parameters<ReturnType<typeof sql>['execute']>[0]): Promise<void> {
  await sql`create table toy_effects (event_id text)`.execute(db)
  await sql`create table toy_endings (kind text, subject text, due_at integer)`.execute(db)
  await sql`insert into event_consumers values ('toy', 0)`.execute(db)
  await sql`
    insert into inbox (consumer, event_id, subject, source, position, received_at, handled_at, attempts)
    select 'toy', o.id, o.subject, i.id, o.position, 0, 0, 1 from outbox o, installation i
    where o.type like 'product.%'`.execute(db)
  await sql`insert into toy_effects select event_id from inbox where consumer = 'toy'`.execute(db)
  await sql`insert into toy_endings values ('toy.end', 'a', 1), ('toy.end', 'a', 2)`.execute(db)
}

/** These invariants, and no others, do not hold. */
export function assertFound(violations: readonly Violation[], ...expected: readonly Invariant[]): void {
  const found = [...new Set(violations.map(({ invariant }) => invariant))].toSorted()
  assert.deepEqual(found, expected.toSorted(), JSON.stringify(violations, null, 1))
}
