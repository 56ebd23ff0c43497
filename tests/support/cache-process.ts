import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { createCacheAside } from '#platform/cache/cache-aside'
import { invalidateWith } from '#platform/cache/invalidation'
import type { KeyValue } from '#platform/cache/key-value'
import { createMemoryKeyValue } from '#platform/cache/memory'
import { createRedisKeyValue } from '#platform/cache/redis'
import { systemClock as clock } from '#platform/clock'
import { type Database, openDatabase } from '#platform/database/open'
import { createEventSignals, type EventSignals, startEvents } from '#platform/events/events'
import { provideInstallation } from '#platform/events/installation'
import { createOutbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { keepPulse } from '#platform/pulse'
import { createLog } from '#platform/telemetry/log'
import { readConfig } from '../../server/config.ts'
import type { CacheCommand, CacheReport } from './cache-fleet.ts'
import { type CacheTables, type Counts, createCacheScene } from './cache-scene.ts'

/**
 * One process of those that `startCacheFleet` starts: the cache as the shop has it, on a relay as every server has it,
 * around records of its own.
 */

const log = createLog({ level: 'silent' })

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const counts: Counts = { statements: 0, stale: 0, hits: 0, loads: 0 }
  const database = await openDatabase({
    ...config.database,
    log,
    onQuery: ({ query }) => {
      if (query.sql.includes('cached_records')) counts.statements += 1
    },
  })
  const keyValue =
    config.redisUrl === null
      ? createMemoryKeyValue({ clock })
      : createRedisKeyValue({ url: config.redisUrl, clock, log })
  const signals = createEventSignals()
  const installation = await provideInstallation({ db: database.db, clock, ids: systemIds })
  const cache = createCacheAside({
    db: database.db,
    clock,
    keyValue,
    installation,
    onAdvance: signals.advanced.subscribe,
    count(_operation, outcome) {
      if (outcome === 'stale') counts.stale += 1
      if (outcome === 'hit') counts.hits += 1
      if (outcome === 'load') counts.loads += 1
    },
    kind: 'record',
    keyOf: (id) => `record:detail:${id}`,
    ttlMs: 600_000,
    maxBytes: 1_000_000,
  })
  const plain = createOutbox({
    clock,
    ids: systemIds,
    traceparent: () => null,
    onCommit: signals.committed.tell,
  })
  const outbox = invalidateWith({ outbox: plain, cache, kind: 'record' })
  const scene = createCacheScene({ db: database.db.withTables<CacheTables>(), cache, outbox, counts })
  const stopRelay = await relay({ database, installation, signals, keyValue })
  for (let tries = 0; tries < 100 && keyValue.state() === 'down'; tries += 1) await delay(20)

  async function perform(command: CacheCommand): Promise<void> {
    if (command.name === 'stop') {
      await stopRelay()
      await keyValue.close()
      await database.close()
      process.disconnect()
    } else if (command.name === 'work') report(await scene.work(command))
    else if (command.name === 'read') report(await scene.readAll(command.ids))
    else report(await scene.stampede(command))
  }
  process.on('message', (command: CacheCommand) => void perform(command))
  report({ acknowledged: [], reads: [], failures: [], ...counts })
}

function report(found: CacheReport): void {
  process.send?.(found)
}

type Relay = {
  readonly database: Database
  readonly installation: string
  readonly signals: EventSignals
  readonly keyValue: KeyValue
}

async function relay(parts: Relay): Promise<() => Promise<void>> {
  const metrics = { countEvent: () => {} }
  const events = await startEvents({ ...parts, clock, log, metrics, consumers: [], carriers: [] })
  const stop = new AbortController()
  const { db } = parts.database
  void keepPulse(
    { db, log, lease: 'events', consumers: [], timerKinds: [], onBeat: events.feel },
    stop.signal,
  )
  return async () => {
    stop.abort()
    await events.stop()
  }
}

await main()
