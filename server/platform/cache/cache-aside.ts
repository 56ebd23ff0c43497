import type { Kysely, QueryExecutorProvider } from 'kysely'
import type { Clock } from '../clock.ts'
import type { PlatformTables } from '../database/tables.ts'
import { afterCommit } from '../database/transaction.ts'
import { createByteStore } from './byte-store.ts'
import { readChanges, writeChanges } from './change-message.ts'
import { type Change, createChangeWatch } from './change-watch.ts'
import { type Copy, type Loaded, readCopy, toCopy, writeCopy } from './copy.ts'
import type { KeyValue } from './key-value.ts'

/**
 * `hit` was answered from a copy and `miss` was not; `load` is one question to the database, which many misses may
 * share; `stale` is a copy that something had overtaken, so that it was not kept or not believed.
 */
export type CacheAsideOutcome = 'hit' | 'miss' | 'load' | 'stale'

export type CacheAsideParts = {
  readonly db: Kysely<PlatformTables>
  readonly clock: Clock
  /** The second level, unless it is only the memory of this process. */
  readonly keyValue: KeyValue
  /** Whose copies these are; others may use the same store. */
  readonly installation: string
  /** Has a function called when another process may have changed something. */
  readonly onAdvance: (tell: () => void) => void
  readonly count: (operation: string, outcome: CacheAsideOutcome) => void
}

type CacheAsideOptions = CacheAsideParts & {
  /** The records that the answers are made of, as `product`: the subjects of their events are `product/{id}`. */
  readonly kind: string
  /** The key of the copy of one record. */
  readonly keyOf: (id: string) => string
  /** The longest that a copy is kept; a part of it is left to chance, so that not all end at once. */
  readonly ttlMs: number
  /** Of the first level, in this process. */
  readonly maxBytes: number
}

type Question = {
  /** What is counted under which name. */
  readonly operation: string
  readonly load: () => Promise<Loaded | undefined>
}
export type RecordQuestion = Question & { readonly id: string }
export type ListQuestion = Question & {
  readonly key: string
  /** Whether other processes are to have its copy as well: not of what anybody can ask in any number of ways. */
  readonly isShared: boolean
}
type AnyQuestion = ListQuestion & { readonly id: string | null }

export type Answer = {
  /** Undefined when the database has nothing of that name. */
  readonly copy: Copy | undefined
  readonly isHit: boolean
}

/** When it was certainly right, and for which state of all the records; null when it is made of one only. */
type Standing = { readonly asOf: number; readonly generation: number | null }
type Entry = Copy & Standing & { readonly untilMs: number }
type Flight = Standing & { readonly answer: Promise<Answer> }

export type CacheAside = ReturnType<typeof createCacheAside>

/**
 * Keeps answers as bytes: in this process, and in the store that all processes share where there is one. For each key a
 * process has one question at a time at the database, whoever else asks waits for its answer (S3).
 *
 * What makes an answer old is known from the events (see `createChangeWatch`), never from the shared store. A copy in
 * this process is shown only when it, or the last look at the events, is younger than a hop. A copy from the shared
 * store carries the version of its record and the position in the log at which it was read, and is believed only when
 * this process knows of nothing later. So it does not matter what that store has lost, kept or got late, nor how long a
 * process has stood still between reading and keeping (S2, F8).
 */
export function createCacheAside(options: CacheAsideOptions) {
  const { clock, keyValue, installation, kind, keyOf, count } = options
  const shared = keyValue.state() === 'memory' ? null : keyValue
  const entries = createByteStore<Entry>(options)
  const flights = new Map<string, Flight>()
  const channel = `${installation}:${kind}`
  /** Grows with every change of any record: what was read before may lack it. */
  let generation = 0
  /** Grows when it is not known any more what has changed. */
  let epoch = 0

  const watch = createChangeWatch({
    ...options,
    onNews({ id, version }) {
      generation += 1
      const key = keyOf(id)
      flights.delete(key)
      if ((entries.find(key)?.version ?? version) < version) entries.delete(key)
    },
    onEverything() {
      generation += 1
      epoch += 1
      flights.clear()
      entries.clear()
    },
  })
  shared?.subscribe(channel, (message) => {
    for (const change of readChanges(message)) watch.hear(change)
  })

  async function answer(question: AnyQuestion): Promise<Answer> {
    const askedAt = performance.now()
    // Nothing may be read before the watch has begun: it would not see what changes in between.
    if (!watch.hasBegun()) await watch.catchUp(askedAt)
    for (;;) {
      const entry = entries.find(question.key)
      const flight = flights.get(question.key)
      const standing = entry ?? flight
      if (standing === undefined || isOvertaken(standing)) return await takeOff(question)
      if (!watch.isFresh(standing.asOf, askedAt)) await watch.catchUp(askedAt)
      else if (entry !== undefined) return { copy: entry, isHit: true }
      else if (flight !== undefined) return { ...(await flight.answer), isHit: false }
    }
  }

  function isOvertaken(standing: Standing): boolean {
    return standing.generation !== null && standing.generation !== generation
  }

  async function takeOff(question: AnyQuestion): Promise<Answer> {
    const { key, id } = question
    const flight: Flight = {
      asOf: performance.now(),
      generation: id === null ? generation : null,
      answer: obtain(question),
    }
    flights.set(key, flight)
    try {
      return await flight.answer
    } finally {
      if (flights.get(key) === flight) flights.delete(key)
    }
  }

  async function obtain(question: AnyQuestion): Promise<Answer> {
    const found = shared === null || !question.isShared ? null : await findShared(shared, question)
    if (found !== null) return { copy: found, isHit: true }
    return { copy: await load(question), isHit: false }
  }

  async function findShared(store: KeyValue, { operation, key, id }: AnyQuestion): Promise<Copy | null> {
    const text = await store.get(nameOf(key))
    const copy = text === null ? null : readCopy(text)
    if (copy === null) return null
    await watch.catchUp(performance.now())
    const isRight = id === null ? watch.holdsList(copy.stamp) : watch.holdsRecord({ ...copy, id })
    if (!isRight) {
      count(operation, 'stale')
      return null
    }
    keep(key, copy, { asOf: watch.lookedAt(), generation: id === null ? generation : null })
    return copy
  }

  async function load({ operation, key, id, isShared, load: read }: AnyQuestion): Promise<Copy | undefined> {
    const before = { epoch, generation, stamp: watch.stamp(), asOf: performance.now() }
    count(operation, 'load')
    const loaded = await read()
    if (loaded === undefined) return undefined
    const copy = toCopy(loaded)
    const isRight =
      epoch === before.epoch &&
      (id === null ? generation === before.generation : copy.version >= watch.latestOf(id))
    if (!isRight) {
      count(operation, 'stale')
      return copy
    }
    const ttlMs = keep(key, copy, { asOf: before.asOf, generation: id === null ? generation : null })
    // Nobody waits for it: it never rejects, and what it does not keep is read again.
    if (isShared) void shared?.set(nameOf(key), writeCopy({ ...copy, stamp: before.stamp }), { ttlMs })
    return copy
  }

  /** Answers for how long. */
  function keep(key: string, copy: Copy, standing: Standing): number {
    const ttlMs = Math.round(options.ttlMs * (0.9 + Math.random() / 10))
    entries.put(key, { ...copy, ...standing, untilMs: clock.now().getTime() + ttlMs })
    return ttlMs
  }

  function nameOf(key: string): string {
    return `${installation}:${key}`
  }

  async function counted(question: AnyQuestion): Promise<Answer> {
    const given = await answer(question)
    count(question.operation, given.isHit ? 'hit' : 'miss')
    return given
  }

  async function tell(changes: readonly Change[]): Promise<void> {
    for (const change of changes) watch.hear(change)
    if (shared === null) return
    await Promise.all([
      shared.delete(...changes.map(({ id }) => nameOf(keyOf(id)))),
      shared.publish(channel, writeChanges(changes)),
    ])
  }

  return {
    /** One record: its copy stands until the record itself changes. */
    record: async ({ id, ...question }: RecordQuestion): Promise<Answer> =>
      await counted({ ...question, id, key: keyOf(id), isShared: true }),

    /** Made of many records: any change of any of them ends all such copies, by one increment. */
    list: async (question: ListQuestion): Promise<Answer> => await counted({ ...question, id: null }),

    /**
     * Has everybody hear of the changes as soon as they are committed. This process has, when `transaction` returns;
     * the others soon, and in a hop even when this one dies before it tells them.
     */
    invalidate(trx: QueryExecutorProvider, changes: readonly Change[]): void {
      if (changes.length > 0) afterCommit(trx, async () => await tell(changes))
    },
  }
}
