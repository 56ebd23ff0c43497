import { parseArgs } from 'node:util'
import type { Kysely } from 'kysely'
import { type Call, systemCall } from '#platform/call'
import { systemClock } from '#platform/clock'
import { openDatabase } from '#platform/database/open'
import type { PlatformTables } from '#platform/database/tables'
import { transaction } from '#platform/database/transaction'
import { listTroubled, type Replayed, replayParked, type TroubledRow } from '#platform/events/parked'
import { publishAgain } from '#platform/events/publish'
import { findStanding, type Standing } from '#platform/events/standing'
import { createLog } from '#platform/telemetry/log'
import type { CommandInput } from './commands.ts'
import { UsageError } from './usage-error.ts'

const USAGE = 'karya events [parked | replay EVENT_ID [--consumer NAME] | publish-again]'
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const PAGE = 100

const call: Call<Replayed> = systemCall
/** Whoever else reads Kafka would take the old events for new ones. */
const CARRIER = 'nats'

/** Looks at the events of a database, whether or not a server runs on it, and changes nothing but what is replayed. */
export async function eventsCommand({ args, config }: CommandInput): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { consumer: { type: 'string' } },
  })
  const [action = 'status', eventId, ...rest] = positionals
  const { consumer = null } = values
  const isReplay = action === 'replay'
  if (rest.length > 0 || isReplay !== (eventId !== undefined) || (consumer !== null && !isReplay)) {
    throw new UsageError(USAGE)
  }
  const work = isReplay
    ? replay
    : action === 'parked'
      ? showParked
      : action === 'status'
        ? showStanding
        : action === 'publish-again'
          ? publishOnceMore
          : null
  if (work === null) throw new UsageError(USAGE)
  if (eventId !== undefined && !ID.test(eventId)) throw new UsageError(`${eventId} is not the id of an event`)

  const log = createLog({ level: 'warn', destination: process.stderr })
  const database = await openDatabase({ ...config.database, log })
  try {
    for await (const line of work(database.db, { eventId: eventId ?? '', consumer })) {
      process.stdout.write(`${line}\n`)
    }
  } finally {
    await database.close()
  }
}

type Wanted = { readonly eventId: string; readonly consumer: string | null }

async function* showStanding(db: Kysely<PlatformTables>): AsyncGenerator<string> {
  const now = systemClock.now()
  yield* describeStanding(await findStanding(db, now), now)
}

function* describeStanding(standing: Standing, now: Date): Generator<string> {
  const { head, backlog, lease, publishers, readers, consumers } = standing
  const age = backlog.backlog === 0 ? '' : `, the oldest for ${Math.round(backlog.oldestAgeSeconds)} s`
  yield `log        position ${head}; ${backlog.backlog} without a position${age}`
  yield `lease      ${describeLease(lease, now)}`
  for (const { carrier, position } of publishers) {
    yield `publisher  ${carrier}: position ${position}, ${Math.max(0, head - position)} behind`
  }
  for (const { name, cursor } of readers) yield `reader     ${name}: ${cursor ?? 'at the beginning'}`
  for (const { name, waiting, parked } of consumers) {
    yield `consumer   ${name}: ${waiting} waiting, ${parked} parked`
  }
}

function describeLease(lease: Standing['lease'], now: Date): string {
  if (lease === null) return 'nobody has ever held it'
  const until = lease.until_at.toISOString()
  return lease.until_at > now
    ? `${lease.holder} until ${until} (term ${lease.token})`
    : `free since ${until}, last held by ${lease.holder} (term ${lease.token})`
}

async function* showParked(db: Kysely<PlatformTables>): AsyncGenerator<string> {
  let cursor: string | null = null
  let count = 0
  do {
    const page = await listTroubled(db, { state: 'parked', consumer: null, limit: PAGE, cursor })
    for (const row of page.rows) yield* describeParked(row)
    count += page.rows.length
    cursor = page.nextCursor
  } while (cursor !== null)
  if (count === 0) yield 'No event is parked.'
}

function* describeParked(row: TroubledRow): Generator<string> {
  const event: unknown = row.event === null ? {} : JSON.parse(row.event)
  const { type, subject } = Object(event)
  yield `${row.event_id}  ${row.consumer}  ${type} ${subject}`
  yield `  parked ${row.parked_at?.toISOString()} after ${row.attempts} tries: ${row.last_error}`
}

async function* publishOnceMore(db: Kysely<PlatformTables>): AsyncGenerator<string> {
  const isBegun = await transaction(
    db,
    systemCall,
    async (trx) => await publishAgain(trx, { carrier: CARRIER, now: systemClock.now() }),
  )
  yield isBegun
    ? 'The server publishes the whole log to NATS once more; what a service knows already has no effect there.'
    : 'Nothing was ever published to NATS from this database.'
}

async function* replay(db: Kysely<PlatformTables>, { eventId, consumer }: Wanted): AsyncGenerator<string> {
  // The server finds what waits by looking, so there is nobody to tell.
  const parts = { db, clock: systemClock, onWaiting: () => {} }
  const { consumers } = await replayParked(parts, call, { eventId, consumer })
  yield `Waiting to be tried again: ${eventId} at ${consumers.join(', ')}.`
}
