import type { Kysely } from 'kysely'
import type { PlatformTables } from './database/tables.ts'
import { selectWaiting } from './events/inbox.ts'
import { sleep } from './signal.ts'
import type { Log } from './telemetry/log.ts'
import { kindIn } from './timers/claims.ts'

/** With the renewal of a lease every three seconds, less than one statement a second. */
const BEAT_MS = 2_000
/** A list in SQL is never empty, and nothing has an empty name. */
const NONE = ['']

export type Pulse = {
  /** Whether an event is committed that has no position yet. */
  readonly isPending: boolean
  /** The last position given; 0 before the first. */
  readonly head: number
  readonly waitingSince: Date | null
  /** When the next timer may be claimed. */
  readonly timerAt: Date | null
  readonly leaseUntil: Date | null
}

type PulseParts = {
  readonly db: Kysely<PlatformTables>
  readonly log: Log
  readonly lease: string
  /** The kinds of timers that this process can handle. */
  readonly timerKinds: readonly string[]
  /** Those of this process: what waits for others is none of its business. */
  readonly consumers: readonly string[]
  readonly onBeat: (pulse: Pulse) => void
}

/**
 * Looks every two seconds, in one statement, at everything that another process may have brought about. What this
 * process does itself needs no looking, so this bounds only how late one hears of the others.
 */
export async function keepPulse(parts: PulseParts, stop: AbortSignal): Promise<void> {
  let isLost = false
  while (!stop.aborted) {
    await sleep(BEAT_MS * (0.95 + Math.random() / 10), { stop })
    if (stop.aborted) return
    try {
      parts.onBeat(await takePulse(parts))
      isLost = false
    } catch (error) {
      if (!isLost) parts.log.warn({ err: error }, 'the database could not be looked at; looking goes on')
      isLost = true
    }
  }
}

export async function takePulse({
  db,
  lease,
  timerKinds,
  consumers,
}: Pick<PulseParts, 'db' | 'lease' | 'timerKinds' | 'consumers'>): Promise<Pulse> {
  const row = await db
    .selectNoFrom((eb) => [
      eb.selectFrom('outbox').select('id').where('position', 'is', null).limit(1).as('pending'),
      eb
        .selectFrom('outbox')
        .select((each) => each.fn.max('position').as('head'))
        .as('head'),
      selectWaiting(db, consumers.length === 0 ? NONE : consumers)
        .select((each) => each.fn.min('due_at').as('due_at'))
        .as('waiting_at'),
      eb
        .selectFrom('timers')
        .select((each) => each.fn.min('next_at').as('next_at'))
        .where(kindIn(timerKinds))
        .as('timer_at'),
      eb.selectFrom('leases').select('until_at').where('name', '=', lease).as('until_at'),
    ])
    .executeTakeFirstOrThrow()
  return {
    isPending: row.pending !== null,
    head: row.head ?? 0,
    waitingSince: row.waiting_at,
    timerAt: row.timer_at,
    leaseUntil: row.until_at,
  }
}
