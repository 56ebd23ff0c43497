import type { BusinessDays } from '#platform/business-days'
import { defineConsumer, type EventConsumer, isLater } from '#platform/events/consumer'
import { readFacts, workEventTypes } from './facts.ts'
import { insertItemOnce, lockItem, updateItem, type WorkItemRow } from './queries.ts'
import type { MyWorkTables } from './table.ts'

/** The far end of the list. */
const NEVER = new Date('9999-12-31T00:00:00.000Z')

/**
 * Keeps what has to be seen to, wherever it is kept: in this database or that of another service. What comes late or
 * again changes nothing.
 */
export function createWorkConsumer(businessDays: BusinessDays): EventConsumer {
  return defineConsumer<MyWorkTables>({
    name: 'my-work',
    types: workEventTypes,
    async handle(event, trx) {
      const { userIds, dueAt, ...facts } = readFacts(event, businessDays)
      const at = new Date(event.time)
      const row: WorkItemRow = {
        ...facts,
        due_at: dueAt,
        sort_due_at: dueAt ?? NEVER,
        closed_at: userIds.length === 0 && facts.permission === null ? at : null,
        updated_at: at,
      }
      if (await insertItemOnce(trx, row, userIds)) return
      if (isLater(row, await lockItem(trx, row.id))) await updateItem(trx, row, userIds)
    },
  })
}
