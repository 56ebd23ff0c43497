import type { Kysely, Transaction } from 'kysely'
import type { Call } from '../call.ts'
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import type { PlatformTables } from '../database/tables.ts'
import { afterCommit } from '../database/transaction.ts'
import type { Ids } from '../id.ts'

/** Something that has happened to one record. */
export type NewEvent = {
  /** As in `task.created`. */
  readonly type: string
  /** The record, as `order/018f…`; the order of events is kept per subject. */
  readonly subject: string
  readonly recordVersion: number
  /** Who did it, where the call itself cannot tell: somebody who is just signing in. */
  readonly actorId?: string
  readonly data: Readonly<Record<string, unknown>>
}

export type Outbox = {
  /** Writes events in the transaction of the change that they tell of, so that neither is there without the other. */
  readonly append: (trx: Transaction<PlatformTables>, call: Call, ...events: NewEvent[]) => Promise<void>
}

type OutboxParts = {
  readonly clock: Clock
  readonly ids: Ids
  /** The W3C trace context of the work under way. */
  readonly traceparent: () => string | null
  /** Called after each commit that has brought events. */
  readonly onCommit?: () => void
}

export function createOutbox({ clock, ids, traceparent, onCommit = () => {} }: OutboxParts): Outbox {
  return {
    async append(trx, call, ...events) {
      if (events.length === 0) return
      crashPoint('outbox.before-append')
      const shared = {
        traceparent: traceparent(),
        occurred_at: clock.now(),
        position: null,
      }
      await trx
        .insertInto('outbox')
        .values(
          events.map((event) => ({
            id: ids.next(),
            type: event.type,
            subject: event.subject,
            record_version: event.recordVersion,
            data: JSON.stringify(event.data),
            actor_id: call.actor?.userId ?? event.actorId ?? null,
            ...shared,
          })),
        )
        .execute()
      afterCommit(trx, onCommit)
      crashPoint('outbox.after-append')
    },
  }
}

/** How many events wait to be announced, and for how long the oldest of them has. */
export async function measureOutbox(
  db: Kysely<PlatformTables>,
  now: Date,
): Promise<{ backlog: number; oldestAgeSeconds: number }> {
  const { backlog, oldest_at } = await db
    .selectFrom('outbox')
    .select((eb) => [eb.fn.countAll<number>().as('backlog'), eb.fn.min('occurred_at').as('oldest_at')])
    .where('position', 'is', null)
    .executeTakeFirstOrThrow()
  // Without a row there is no oldest one, which Kysely's type does not know.
  const oldest: Date | null = oldest_at
  return {
    backlog,
    oldestAgeSeconds: oldest === null ? 0 : Math.max(0, (now.getTime() - oldest.getTime()) / 1_000),
  }
}
