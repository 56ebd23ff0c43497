import { setTimeout as delay } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { PlatformTables } from '#platform/database/tables'
import { until } from './load-fleet.ts'

/** What has been committed and has not had its effect yet. */
export type Backlog = {
  /** Events without a position. */
  readonly unpositioned: number
  /** Events that the furthest behind of the brokers does not have. */
  readonly unpublished: number
  /** Pairs of consumer and event without an effect, for the types that the consumer has handled before. */
  readonly unread: number
  /** Events that wait for another try. */
  readonly waiting: number
  readonly timersDue: number
}

/** Looks from outside, with the statements of the test. */
export async function measureBacklog(db: Kysely<PlatformTables>): Promise<Backlog> {
  const now = new Date()
  const count = async (query: ReturnType<typeof sql<{ count: number | string }>>): Promise<number> => {
    const { rows } = await query.execute(db)
    return Number(rows[0]?.count ?? 0)
  }
  const { head } = await db
    .selectFrom('outbox')
    .select((eb) => eb.fn.max('position').as('head'))
    .executeTakeFirstOrThrow()
  const publishers = await db.selectFrom('event_publishers').select('position').execute()
  const { waiting } = await db
    .selectFrom('inbox')
    .select((eb) => eb.fn.countAll<number>().as('waiting'))
    .where('due_at', 'is not', null)
    .executeTakeFirstOrThrow()
  const { due } = await db
    .selectFrom('timers')
    .select((eb) => eb.fn.countAll<number>().as('due'))
    .where('due_at', '<=', now)
    .executeTakeFirstOrThrow()
  return {
    unpositioned: await count(sql`select count(*) as count from outbox where position is null`),
    unpublished: Math.max(0, ...publishers.map(({ position }) => (head ?? 0) - position)),
    unread: await count(sql`
      select count(*) as count
      from (select distinct i.consumer as consumer, o.type as type
            from inbox i join outbox o on o.id = i.event_id) as listening
      join outbox o on o.type = listening.type
      left join inbox i on i.consumer = listening.consumer and i.event_id = o.id
      where i.event_id is null`),
    waiting,
    timersDue: due,
  }
}

/** How many times as long as it looks the measurement rests. */
const RESTS_PER_LOOK = 4

type DrainOptions = {
  readonly limitMs: number
  /** What the servers have said, to be shown when it takes too long. */
  readonly output: () => string
}

export type Drained = {
  readonly tookMs: number
  /** How long there was something of each kind, as text. */
  readonly details: string
}

/** Waits until nothing waits any more, and answers how long that took. */
export async function drain(db: Kysely<PlatformTables>, { limitMs, output }: DrainOptions): Promise<Drained> {
  const startedAt = performance.now()
  const lasted = new Map<string, number>()
  const isDrained = async (): Promise<boolean> => {
    const lookedAt = performance.now()
    const left = Object.entries(await measureBacklog(db)).filter(([, size]) => size > 0)
    for (const [name] of left) lasted.set(name, Math.round(performance.now() - startedAt))
    // Counting a long log is work for the database, which the servers need more.
    if (left.length > 0) await delay((performance.now() - lookedAt) * RESTS_PER_LOOK)
    return left.length === 0
  }
  const tookMs = await until(isDrained, { limitMs, what: 'nothing waits any more' }).catch(
    async (error: unknown) => {
      const backlog = JSON.stringify(await measureBacklog(db))
      throw new Error(`${String(error)}: ${backlog}\n${output().slice(-4_000)}`, { cause: error })
    },
  )
  return { tookMs, details: [...lasted].map(([name, ms]) => `${name} for ${ms} ms`).join(', ') || 'nothing' }
}
