import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Answer, CacheAside } from '#platform/cache/cache-aside'
import type { Loaded } from '#platform/cache/copy'
import { type Call, systemCall } from '#platform/call'
import type { PlatformTables } from '#platform/database/tables'
import { transaction } from '#platform/database/transaction'
import type { Outbox } from '#platform/events/outbox'
import type { Acknowledged, CacheReport, Read, StampedeCommand, WorkCommand } from './cache-fleet.ts'

export type CacheTables = PlatformTables & { cached_records: { id: string; version: number } }

export type Counts = { statements: number; stale: number; hits: number; loads: number }

type SceneParts = {
  readonly db: Kysely<CacheTables>
  readonly cache: CacheAside
  readonly outbox: Outbox
  readonly counts: Counts
}

const call: Call<unknown> = systemCall
const LIST_EVERY = 8

/** Writers and readers of records in one process, and pauses between what is read from the database and what is kept. */
export function createCacheScene({ db, cache, outbox, counts }: SceneParts) {
  const acknowledged: Acknowledged[] = []
  const reads: Read[] = []
  const failures: string[] = []
  /** What this process has written, for the mistake that can be asked for. */
  const written = new Map<string, number>()

  async function write(id: string): Promise<void> {
    const version = await transaction(db, call, async (trx) => {
      const row = await trx
        .selectFrom('cached_records')
        .select('version')
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirstOrThrow()
      const next = row.version + 1
      await trx.updateTable('cached_records').set({ version: next }).where('id', '=', id).execute()
      const subject = `record/${id}`
      await outbox.append(trx, systemCall, { type: 'record.updated', subject, recordVersion: next, data: {} })
      return next
    })
    written.set(id, Math.max(version, written.get(id) ?? 0))
    acknowledged.push({ id, version, at: now() })
  }

  async function readRecord(id: string, isFaulty: boolean): Promise<void> {
    const at = now()
    const answer = await cache.record({
      operation: 'detail',
      id,
      load: async () => {
        const row = await db
          .selectFrom('cached_records')
          .select('version')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
        await pause()
        const loaded: Loaded = {
          text: JSON.stringify([[id, row.version]]),
          version: row.version,
          isPublic: true,
        }
        // Passes the check that a copy older than the last change is not kept: set after invalidate.
        return isFaulty ? { ...loaded, version: Math.max(row.version, written.get(id) ?? 0) } : loaded
      },
    })
    note(at, answer)
  }

  async function readList(): Promise<void> {
    const at = now()
    const answer = await cache.list({
      operation: 'list',
      key: 'records:list',
      isShared: true,
      load: async () => {
        const rows = await db.selectFrom('cached_records').selectAll().orderBy('id').execute()
        await pause()
        const text = JSON.stringify(rows.map(({ id, version }) => [id, version]))
        return { text, version: 0, isPublic: true }
      },
    })
    note(at, answer)
  }

  function note(at: number, { copy, isHit }: Answer): void {
    const shown: readonly (readonly [string, number])[] = JSON.parse(copy?.bytes.toString() ?? '[]')
    for (const [id, version] of shown) reads.push({ id, version, at, isHit })
  }

  async function work({ ids, operations, writers, readers, isFaulty }: WorkCommand): Promise<CacheReport> {
    let left = operations
    async function keepAt(
      each: (id: string, turn: number) => Promise<void>,
      longestMs: number,
    ): Promise<void> {
      for (let turn = 0; left > 0; turn += 1) {
        left -= 1
        const id = ids[Math.floor(Math.random() * ids.length)] ?? ''
        await each(id, turn).catch((error: unknown) => failures.push(String(error)))
        await delay(Math.random() * longestMs)
      }
    }
    const readNext = async (id: string, turn: number) =>
      turn % LIST_EVERY === 0 ? await readList() : await readRecord(id, isFaulty)
    await Promise.all([
      ...Array.from({ length: writers }, async () => await keepAt(write, 60)),
      ...Array.from({ length: readers }, async () => await keepAt(readNext, 4)),
    ])
    return collect()
  }

  function collect(): CacheReport {
    return {
      acknowledged: acknowledged.splice(0),
      reads: reads.splice(0),
      failures: failures.splice(0),
      ...counts,
    }
  }

  return {
    work,

    async readAll(ids: readonly string[]): Promise<CacheReport> {
      for (const id of ids) await readRecord(id, false)
      await readList()
      return collect()
    },

    /** Everybody asks for the same record at the same moment. */
    async stampede({ id, readers }: StampedeCommand): Promise<CacheReport> {
      counts.statements = 0
      await Promise.all(Array.from({ length: readers }, async () => await readRecord(id, false)))
      return collect()
    },
  }
}

/** Mostly none; at times longer than a hop. */
async function pause(): Promise<void> {
  const chance = Math.random()
  if (chance < 0.02) await delay(1_300)
  else if (chance < 0.4) await delay(Math.random() * 80)
}

/** In milliseconds, of a clock that all processes of this machine share. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
