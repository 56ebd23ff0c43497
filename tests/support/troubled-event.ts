import { type EventEnvelope, toEnvelope } from '#platform/events/envelope'
import { insertInbox, waitingRow } from '#platform/events/inbox'
import { systemIds } from '#platform/id'
import type { TestApp } from './test-app.ts'

type Trouble = {
  readonly event?: EventEnvelope
  readonly consumer?: string
  /** Null: it waits for its next try. */
  readonly parkedAt?: Date | null
}

/** An event that a consumer, which this program does not have, could not handle. */
export async function insertTroubled(
  app: TestApp,
  { event = anEvent(), consumer = 'nobody.here', parkedAt = new Date() }: Trouble = {},
): Promise<EventEnvelope> {
  const now = new Date()
  const row = waitingRow({
    consumer,
    event,
    now,
    attempts: 10,
    due_at: parkedAt === null ? now : null,
    last_error: 'Error: it broke',
  })
  await app.app.database.db
    .transaction()
    .execute(async (trx) => await insertInbox(trx, [{ ...row, parked_at: parkedAt }]))
  return event
}

function anEvent(): EventEnvelope {
  const row = {
    id: systemIds.next(),
    type: 'thing.broken',
    subject: 'thing/1',
    record_version: 1,
    data: '{}',
    actor_id: null,
    traceparent: null,
    occurred_at: new Date(),
    position: 1,
  }
  return toEnvelope(row, systemIds.next())
}
