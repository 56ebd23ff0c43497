import { sql } from 'kysely'
import type { KeyValue } from '#platform/cache/key-value'
import { createMemoryKeyValue } from '#platform/cache/memory'
import { type Call, systemCall } from '#platform/call'
import { systemClock } from '#platform/clock'
import { migrate } from '#platform/database/migrate'
import { type Database, openDatabase } from '#platform/database/open'
import type { PlatformTables } from '#platform/database/tables'
import { transaction } from '#platform/database/transaction'
import type { Carrier } from '#platform/events/carrier'
import { defineConsumer, type EventConsumer } from '#platform/events/consumer'
import { createEventSignals, type Events, startEvents } from '#platform/events/events'
import { provideInstallation } from '#platform/events/installation'
import { createOutbox, type NewEvent } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { keepPulse } from '#platform/pulse'
import { createLog, type Log } from '#platform/telemetry/log'
import { readConfig } from '../../server/config.ts'
import { migrations } from '../../server/migrations/index.ts'
import type { Backend, Place } from './backends.ts'

/** What the toy consumers of these tests leave behind, beside everything else. */
type ToyTables = PlatformTables & {
  toy_effects: { consumer: string; event_id: string; subject: string; version: number }
}

export type EventPlace = {
  readonly place: Place
  readonly installation: string
  readonly database: Database
  readonly db: ReturnType<typeof openTables>
  readonly logged: () => string
  /** Commits events, as a use case does. */
  readonly append: (...events: NewEvent[]) => Promise<void>
  /** Writes events in a transaction that does not come to its end. */
  readonly appendInVain: (...events: NewEvent[]) => Promise<void>
  /** A relay with consumers, as every process has one. */
  readonly relay: (options: {
    readonly consumers: readonly EventConsumer[]
    readonly carriers?: readonly Carrier[]
    readonly keyValue?: KeyValue
    /** False: it hears of others only what it is told. */
    readonly looks?: boolean
  }) => Promise<Events>
  readonly effects: () => Promise<{ consumer: string; event_id: string; subject: string; version: number }[]>
  readonly remove: () => Promise<void>
}

function openTables(database: Database) {
  return database.db.withTables<ToyTables>()
}

const call: Call<unknown> = systemCall

/** An empty database for tests of the relay by itself, without a server around it. */
export async function createEventPlace(backend: Backend): Promise<EventPlace> {
  const place = await backend.create()
  const lines: string[] = []
  const log: Log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  const config = readConfig(place.environment)
  const database = await openDatabase({ ...config.database, log })
  await migrate(database.db, migrations)
  const db = openTables(database)
  const id = database.engine === 'mysql' ? sql`char(36) character set ascii` : sql`text`
  await sql`create table toy_effects (consumer varchar(60), event_id ${id}, subject varchar(200), version bigint)`.execute(
    db,
  )
  const clock = systemClock
  const installation = await provideInstallation({ db: database.db, clock, ids: systemIds })
  const signals = createEventSignals()
  const outbox = createOutbox({
    clock,
    ids: systemIds,
    traceparent: () => null,
    onCommit: signals.committed.tell,
  })
  const running: { readonly events: Events; readonly stop: AbortController }[] = []

  return {
    place,
    installation,
    database,
    db,
    logged: () => lines.join(''),
    async append(...events) {
      await transaction(database.db, call, async (trx) => await outbox.append(trx, systemCall, ...events))
    },
    async appendInVain(...events) {
      const halt = new Error('in vain')
      const work = transaction(database.db, call, async (trx) => {
        await outbox.append(trx, systemCall, ...events)
        throw halt
      })
      await work.catch((error: unknown) => {
        if (error !== halt) throw error
      })
    },
    async relay({ consumers, carriers = [], keyValue = createMemoryKeyValue({ clock }), looks = true }) {
      // Signals of its own, as in a process of its own; the place's commits reach only the first.
      const own = running.length === 0 ? signals : createEventSignals()
      const events = await startEvents({
        database,
        clock,
        log,
        metrics: { countEvent: () => {} },
        installation,
        keyValue,
        signals: own,
        consumers,
        carriers,
      })
      const stop = new AbortController()
      const names = consumers.map(({ name }) => name)
      const parts = { db: database.db, log, lease: 'events', timerKinds: [], consumers: names }
      if (looks) void keepPulse({ ...parts, onBeat: events.feel }, stop.signal)
      running.push({ events, stop })
      return events
    },
    effects: async () => await db.selectFrom('toy_effects').selectAll().execute(),
    async remove() {
      for (const { events, stop } of running) {
        stop.abort()
        await events.stop()
      }
      await database.close()
      await place.remove()
    },
  }
}

type Toy = {
  readonly name: string
  readonly types?: readonly string[]
  /** Throws to fail. */
  readonly before?: (event: {
    readonly type: string
    readonly subject: string
    readonly recordversion: number
  }) => void
}

/** A consumer whose effect is one row for each event. */
export function createToyConsumer({ name, types = ['*'], before = () => {} }: Toy): EventConsumer {
  return defineConsumer<ToyTables>({
    name,
    types,
    async handle(event, trx) {
      before(event)
      await trx
        .insertInto('toy_effects')
        .values({ consumer: name, event_id: event.id, subject: event.subject, version: event.recordversion })
        .execute()
    },
  })
}

export function toyEvent(subject: string, recordVersion: number, type = 'toy.changed'): NewEvent {
  return { type, subject, recordVersion, data: { subject, recordVersion } }
}

/** Looks again and again until it is so; says what it saw last when it never is. */
export async function eventually<Seen>(
  look: () => Promise<Seen>,
  isSo: (seen: Seen) => boolean,
  limitMs = 15_000,
): Promise<Seen> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    if (Date.now() > deadline) throw new Error(`it never came to be; last seen: ${JSON.stringify(seen)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
