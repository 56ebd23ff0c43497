import type { Kysely, KyselyPlugin } from 'kysely'
import { sql } from 'kysely'
import type { ShopTables } from '#modules/shop'
import type { Clock } from '#platform/clock'
import { migrate } from '#platform/database/migrate'
import { type Database, openDatabase } from '#platform/database/open'
import type { PlatformTables } from '#platform/database/tables'
import { defineConsumer, type EventConsumer } from '#platform/events/consumer'
import type { DeliveryParts } from '#platform/events/deliver'
import { provideInstallation } from '#platform/events/installation'
import { acquireLease, LEASE_MS, type LeaseToken, nameHolder } from '#platform/events/lease'
import { OWN_LOG, prepareReaders } from '#platform/events/readers'
import { type Ids, systemIds } from '#platform/id'
import { createLog } from '#platform/telemetry/log'
import type { Backend, Place } from '#tests/backends'
import { check } from '#tests/checker/check'
import type { Violation } from '#tests/checker/violation'
import { readConfig } from '../../server/config.ts'
import { migrations } from '../../server/migrations/index.ts'
import { createMemoryBroker, type TestBroker } from './brokers.ts'

type ToyTables = ShopTables & {
  toy_effects: { consumer: string; event_id: string }
  toy_endings: { kind: string; subject: string; due_at: Date }
}

/** What stands for a process of the server: connections that all end at one moment, and a lease or none. */
export type Process = {
  readonly db: Kysely<PlatformTables>
  /** Nothing that it asks of the database afterwards arrives; what was under way is rolled back. */
  readonly die: () => never
  readonly holder: string
}

export type Holder = Process & {
  readonly token: LeaseToken
  /** The names of its consumers. */
  readonly consumers: readonly string[]
}

/** An empty database and a broker on which processes come, do a step, and die at a moment that the test chooses. */
export type Scene = {
  readonly engine: Database['engine']
  readonly installation: string
  readonly db: Kysely<ToyTables>
  readonly clock: Clock & { readonly advance: (ms: number) => void }
  readonly broker: TestBroker
  readonly start: () => Process
  /** A process that has the lease, once that of whoever had it before has run out. */
  readonly startHolder: (consumers?: readonly string[]) => Promise<Holder>
  readonly deliveryOf: (holder: Holder, options?: { readonly before?: Before }) => DeliveryParts
  readonly violations: () => Promise<readonly Violation[]>
  readonly remove: () => Promise<void>
}

const CONSUMERS = ['toy']

/** What a test does when an effect begins. */
export type Before = (event: { readonly id: string }) => void

const EFFECTS = { table: 'toy_effects', event: 'event_id', owner: 'consumer' }

/** The end of a process, as the code that runs in it sees it. */
class Died extends Error {}

export async function createScene(
  backend: Backend,
  provideBroker: (service: string) => Promise<TestBroker> = createMemoryBroker,
): Promise<Scene> {
  const place = await backend.create()
  const database = await openPlace(place)
  await migrate(database.db, migrations)
  const db = database.db.withTables<ToyTables>()
  await createToyTables(db, database.engine)
  let aheadMs = 0
  const clock = {
    now: () => new Date(Date.now() + aheadMs),
    advance: (ms: number) => void (aheadMs += ms),
  }
  const installation = await provideInstallation({ db: database.db, clock, ids: systemIds })
  const broker = await provideBroker(installation)
  const seen = new Set(CONSUMERS)

  function start(): Process {
    let isDead = false
    const mortal: KyselyPlugin = {
      transformQuery({ node }) {
        if (isDead) throw new Died('this process is dead')
        return node
      },
      transformResult: async ({ result }) => await Promise.resolve(result),
    }
    return {
      db: database.db.withPlugin(mortal),
      holder: nameHolder(),
      die() {
        isDead = true
        throw new Died('this process is dead')
      },
    }
  }

  return {
    engine: database.engine,
    installation,
    db,
    clock,
    broker,
    start,
    async startHolder(consumers = CONSUMERS) {
      for (const name of consumers) seen.add(name)
      clock.advance(LEASE_MS + 1)
      const process = start()
      const lease = await acquireLease({ ...process, clock })
      if (!('token' in lease)) throw new Error('the lease has not run out')
      await prepareReaders({
        db: process.db,
        clock,
        token: lease.token,
        readers: [OWN_LOG],
        consumers: consumers.map((name) => ({ name })),
      })
      return { ...process, token: lease.token, consumers }
    },
    deliveryOf: (holder, { before = () => {} } = {}) => ({
      db: holder.db,
      clock,
      installation,
      consumers: holder.consumers.map((name) => toyConsumer(name, before)),
      metrics: { countEvent: () => {} },
      log: createLog({ level: 'silent' }),
      onWaiting: () => {},
    }),
    async violations() {
      return await check({
        environment: place.environment,
        brokers: [await broker.read()],
        listeners: [...seen].map((name) => ({ name, types: ['*'] })),
        effects: [...seen].map((consumer) => ({ consumer, ...EFFECTS })),
        timerEffects: 'toy_endings',
      })
    },
    async remove() {
      await broker.remove()
      await database.close()
      await place.remove()
    },
  }
}

async function openPlace({ environment }: Place): Promise<Database> {
  return await openDatabase({ ...readConfig(environment).database, log: createLog({ level: 'silent' }) })
}

/** Without keys, so that nothing but the code under test keeps an effect from being there twice. */
async function createToyTables(db: Kysely<ToyTables>, engine: Database['engine']): Promise<void> {
  const [id, time] = {
    sqlite: [sql`text`, sql`integer`] as const,
    postgres: [sql`uuid`, sql`timestamptz(3)`] as const,
    mysql: [sql`char(36) character set ascii`, sql`datetime(3)`] as const,
  }[engine]
  await sql`create table toy_effects (consumer varchar(60), event_id ${id})`.execute(db)
  await sql`create table toy_endings (kind varchar(60), subject varchar(200), due_at ${time})`.execute(db)
}

function toyConsumer(name: string, before: Before): EventConsumer {
  return defineConsumer<ToyTables>({
    name,
    types: ['*'],
    async handle(event, trx) {
      before(event)
      await trx.insertInto('toy_effects').values({ consumer: name, event_id: event.id }).execute()
    },
  })
}

/** Runs what is expected to end with the death of its process. */
export async function untilDeath(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Died) return
    throw error
  }
  throw new Error('the process should have died')
}

/** Ids of a machine whose clock is so far off, in the form of UUIDv7. */
export function idsOff(offMs: number): Ids {
  return {
    ...systemIds,
    next() {
      const time = (Date.now() + offMs).toString(16).padStart(12, '0')
      return `${time.slice(0, 8)}-${time.slice(8)}${systemIds.next().slice(13)}`
    },
  }
}
