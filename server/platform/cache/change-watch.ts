import type { Kysely } from 'kysely'
import type { PlatformTables } from '../database/tables.ts'
import { findHead } from '../events/log.ts'

/** What has become of a record: it is at this version now, or at a later one. */
export type Change = { readonly id: string; readonly version: number }

type WatchParts = {
  readonly db: Kysely<PlatformTables>
  /** The records that are watched, as `product`: those whose events have the subject `product/{id}`. */
  readonly kind: string
  /** Has a function called when another process may have changed something; calls that are missed do no harm. */
  readonly onAdvance: (tell: () => void) => void
  /** Told of each change that this process has not heard of before. */
  readonly onNews: (change: Change) => void
  /** Told that what changed cannot be listed any more: all of it may have. */
  readonly onEverything: () => void
}

/** One hop: how long after its commit a change is known to everybody, whatever fails on the way. */
export const HOP_MS = 1_000
/** How often the log is looked at when others tell of their changes all the time. */
const SPACING_MS = 100
const ROWS_AT_ONCE = 2_000
const MAX_KNOWN = 50_000

/**
 * What this process knows of the changes that all processes make. Every change writes its event in its own transaction
 * (E1), so the events are the one list that lacks none, whoever died before telling of it. That list is looked at when
 * somebody asks and the last look is a hop ago, and not at all while nobody asks. What is heard on other ways, from this
 * process itself or over Redis, only makes it known sooner.
 *
 * Times are those of `performance.now()`: a wall clock that is set must not make anything look fresh.
 */
export function createChangeWatch({ db, kind, onAdvance, onNews, onEverything }: WatchParts) {
  const prefix = `${kind}/`
  /** The latest version heard of, of each record that has changed after the position `floor`. */
  const known = new Map<string, number>()
  let floor = Number.POSITIVE_INFINITY
  /** Every event up to this position is heard of; null before the first look. */
  let seen: number | null = null
  /** When the last look that came to its end has begun. */
  let lookedAt = Number.NEGATIVE_INFINITY
  let advancedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | null = null
  /** The position of the last change of any record. */
  let lastPlaced = 0
  /** When a change was last heard of that may have no position yet. */
  let unplacedAt = Number.NEGATIVE_INFINITY

  onAdvance(() => {
    advancedAt = performance.now()
  })

  /** Answers whether it was news. */
  function hear({ id, version }: Change): boolean {
    const before = known.get(id)
    if (before !== undefined && before >= version) return false
    known.set(id, version)
    onNews({ id, version })
    if (known.size > MAX_KNOWN) forgetEverything()
    return true
  }

  function forgetEverything(): void {
    known.clear()
    floor = Number.POSITIVE_INFINITY
    onEverything()
  }

  async function look(): Promise<void> {
    const beganAt = performance.now()
    const after = seen ?? (await findHead(db))
    const rows = await readChanges(db, after)
    if (rows.length > ROWS_AT_ONCE) {
      // What is read from here on holds all that the head stands for.
      seen = await findHead(db)
      lastPlaced = seen
      unplacedAt = beganAt
      forgetEverything()
    } else {
      if (floor === Number.POSITIVE_INFINITY) {
        floor = after
        lastPlaced = Math.max(lastPlaced, after)
      }
      seen = after
      for (const row of rows) {
        if (row.position !== null) seen = Math.max(seen, row.position)
        if (row.subject.startsWith(prefix)) takeIn(row, beganAt)
      }
    }
    lookedAt = beganAt
  }

  function takeIn({ subject, record_version, position }: ChangeRow, beganAt: number): void {
    if (position === null) unplacedAt = Math.max(unplacedAt, beganAt)
    else lastPlaced = Math.max(lastPlaced, position)
    hear({ id: subject.slice(prefix.length), version: record_version })
  }

  /** What somebody who asked then must be shown is as it was then, or later. */
  function oldestFor(askedAt: number): number {
    return Math.max(askedAt - HOP_MS, Math.min(advancedAt, askedAt - SPACING_MS))
  }

  return {
    /** Whether something that was right at `asOf`, and has not been in the news since, may be shown. */
    isFresh: (asOf: number, askedAt: number): boolean => Math.max(asOf, lookedAt) >= oldestFor(askedAt),

    /** Looks at the log if that is due; afterwards everything that was not in the news is fresh. */
    async catchUp(askedAt: number): Promise<void> {
      while (lookedAt < oldestFor(askedAt)) {
        looking ??= look().finally(() => {
          looking = null
        })
        await looking
      }
    },

    /** Whether changes are seen from now on. */
    hasBegun: (): boolean => seen !== null,

    /** The time of the last look. */
    lookedAt: () => lookedAt,

    /** A change that was committed, heard of before the log tells of it. */
    hear(change: Change): void {
      if (hear(change)) unplacedAt = performance.now()
    },

    /** The stamp of what is read from the database from now on: it holds every event up to this position. */
    stamp: (): number => seen ?? 0,

    /** Whether a record that another process read is the one that is in the database, as far as the last look told. */
    holdsRecord({ id, version, stamp }: Change & { readonly stamp: number }): boolean {
      const latest = known.get(id)
      return latest === undefined ? stamp >= floor : version >= latest
    },

    /** The same of something that is made of many records. */
    holdsList: (stamp: number): boolean =>
      lookedAt > unplacedAt && floor !== Number.POSITIVE_INFINITY && stamp >= lastPlaced,

    /** The version that a record has at least, as far as is known. */
    latestOf: (id: string): number => known.get(id) ?? 0,
  }
}

type ChangeRow = {
  readonly subject: string
  readonly record_version: number
  readonly position: number | null
}

/** In one statement, so that no event can get its position between two. */
async function readChanges(db: Kysely<PlatformTables>, after: number): Promise<ChangeRow[]> {
  return await db
    .selectFrom('outbox')
    .select(['subject', 'record_version', 'position'])
    .where((eb) => eb.or([eb('position', 'is', null), eb('position', '>', after)]))
    .limit(ROWS_AT_ONCE + 1)
    .execute()
}
