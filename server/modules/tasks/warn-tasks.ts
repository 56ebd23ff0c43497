import { systemCall } from '#platform/call'
import type { RowTimerKind } from '#platform/timers/timer'
import { WARNING } from './deadlines.ts'
import { updateTasks } from './due-queries.ts'
import { createTaskTimer } from './due-tasks.ts'
import { taskEvent } from './events.ts'
import type { TaskParts } from './parts.ts'
import { listAttributes, type TaskRow } from './queries.ts'
import { toTask } from './views.ts'

/** Tells of tasks that are about to expire, once for each end (T3); of one whose end has come it is too late to warn. */
export function createWarning(parts: TaskParts): RowTimerKind {
  return createTaskTimer(parts, {
    kind: WARNING,
    async work(trx, due) {
      const now = due.parts.clock.now()
      const rows = due.rows.filter((row) => row.expires_at !== null && row.expires_at > now)
      const ids = rows.map(({ id }) => id)
      await updateTasks(trx, { ids, change: { warn_at: null }, now })
      const attributesOf = await listAttributes(trx, ids)
      const warned = rows.map((row): TaskRow => {
        return { ...row, warn_at: null, version: row.version + 1, updated_at: now }
      })
      const events = warned.map((row) => taskEvent(toTask(row, attributesOf(row.id)), 'expiring'))
      await due.parts.outbox.append(trx, systemCall, ...events)
      return due.rows.map(({ id }) => ({ subject: id, again: null }))
    },
  })
}
