import { createHash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { findPerson, isThere, type PeopleTables } from '#modules/people'
import { actorOf, type Call } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { upsertBy } from '#platform/database/upsert'
import { refuse } from './errors.ts'
import { type DatedTask, writeCalendar } from './feed-calendar.ts'
import type { Feed } from './feed-schemas.ts'
import { visibleTo } from './list-queries.ts'
import type { TaskParts } from './parts.ts'
import { listAttributes } from './queries.ts'
import type { TaskTables } from './table.ts'

const SECRET_BYTES = 32
/** More than anybody looks at, and little enough to be read every quarter of an hour. */
const MOST = 1_000
/** Of a description: a calendar is no place to read long texts, and is asked for again and again. */
const MOST_CHARACTERS = 1_000

type FeedParts = Pick<TaskParts, 'db' | 'clock' | 'ids' | 'businessDays' | 'defaultLanguage'>

export type Feeds = ReturnType<typeof createFeeds>

/** A calendar of somebody's tasks under an address that nobody can guess, for programs that cannot sign in. */
export function createFeeds({ db, clock, ids, businessDays, defaultLanguage }: FeedParts) {
  return {
    /** A new address; the one before leads nowhere from now on. */
    async openFeed(call: Call<Feed & { secret: string }>): Promise<Feed & { secret: string }> {
      const secret = ids.secret(SECRET_BYTES)
      const userId = actorOf(call).userId
      const now = clock.now()
      return await transaction(db, call, async (trx) => {
        const row = { user_id: userId, secret_hash: hashOf(secret), created_at: now }
        await upsertBy(trx, 'task_feeds', { key: 'user_id', row })
        return { secret, created_at: now.toISOString() }
      })
    },

    async getFeed(call: Call): Promise<Feed> {
      const row = await db
        .selectFrom('task_feeds')
        .select('created_at')
        .where('user_id', '=', actorOf(call).userId)
        .executeTakeFirst()
      if (row === undefined) throw refuse('feed_not_found')
      return { created_at: row.created_at.toISOString() }
    },

    async closeFeed(call: Call<void>): Promise<void> {
      await transaction(db, call, async (trx) => {
        await trx.deleteFrom('task_feeds').where('user_id', '=', actorOf(call).userId).execute()
      })
    },

    /** The calendar behind a secret; of somebody who is no longer here there is none. */
    async readFeed(secret: string): Promise<string> {
      const row = await db
        .selectFrom('task_feeds')
        .select('user_id')
        .where('secret_hash', '=', hashOf(secret))
        .executeTakeFirst()
      if (row === undefined) throw refuse('feed_not_found')
      const person = await findPerson(db.withTables<PeopleTables>(), row.user_id)
      if (person !== undefined && !isThere(person)) throw refuse('feed_not_found')
      const tasks = await listDated(db, row.user_id)
      const attributesOf = await listAttributes(
        db,
        tasks.map(({ id }) => id),
      )
      return writeCalendar(
        tasks.map((task) => ({ row: task, labels: attributesOf(task.id).labels })),
        { language: person?.locale ?? defaultLanguage, zone: businessDays.zone },
      )
    },
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** The open tasks of somebody that are due or expire, those that press first. */
async function listDated(db: Kysely<TaskTables>, userId: string): Promise<DatedTask[]> {
  return await visibleTo(db, userId)
    .select(['id', 'title', 'status', 'due_at', 'expires_at', 'reminders'])
    .select(['version', 'created_at', 'updated_at'])
    .select(
      sql<string | null>`substr(${sql.ref('tasks.description')}, 1, ${sql.lit(MOST_CHARACTERS)})`.as(
        'description',
      ),
    )
    .where('status', 'in', ['open', 'in_progress'])
    .where('archived_at', 'is', null)
    .where((eb) => eb.or([eb('due_at', 'is not', null), eb('expires_at', 'is not', null)]))
    .orderBy('sort_due_at')
    .orderBy('id')
    .limit(MOST)
    .execute()
}
