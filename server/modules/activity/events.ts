import { defineConsumer, type EventConsumer } from '#platform/events/consumer'
import { installationOf } from '#platform/events/envelope'
import { isTold } from './audit.ts'
import { insertForeignEvent } from './queries.ts'
import type { ActivityTables } from './table.ts'

/** Keeps what other services announce; our own events are in the log that timelines are read from. */
export const activityConsumer: EventConsumer = defineConsumer<ActivityTables>({
  name: 'activity',
  types: ['*'],
  origin: 'elsewhere',
  async handle(event, trx) {
    if (!isTold(event.type)) return
    await insertForeignEvent(trx, {
      id: event.id,
      source: installationOf(event),
      position: event.position,
      type: event.type,
      subject: event.subject,
      record_version: event.recordversion,
      data: JSON.stringify(event.data),
      actor_id: event.actorid ?? null,
      occurred_at: new Date(event.time),
    })
  },
})
